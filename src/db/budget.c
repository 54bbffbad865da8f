/* SPDX-License-Identifier: ISC */
/* Budget of look-ups of unknown addresses. */
#include <string.h>

#include "base/network.h"
#include "base/rate.h"
#include "db/budget.h"
#include "db/known.h"

#define SECOND INT64_C(1000000000)

void
budget_init(struct budget *b)
{
	atomic_init(&b->paid, INT64_MIN);
}

/* Uses one look-up of those that the rate allows; returns false if none is
 * left.  At most the unused look-ups of one second accumulate. */
static bool
all_take(struct budget *b)
{
	int64_t now = b->clock() * (SECOND / 1000);
	int64_t paid = atomic_load(&b->paid), next;

	do {
		next = (paid > now - SECOND ? paid : now - SECOND) +
		    SECOND / b->rate;
		if (next > now)
			return false;
	} while (!atomic_compare_exchange_weak(&b->paid, &paid, next));
	return true;
}

static bool
network_take(const struct budget *b, const char *client)
{
	char key[NETWORK_SIZE + 16] = "lookup ";
	size_t n = strlen(key);

	network_of(client, key + n, sizeof(key) - n);
	return b->rates == NULL || rate_take(b->rates, key,
	    b->network_rate * (RATE_WINDOW_MS / 1000));
}

bool
budget_take(struct budget *b, const char *kind, const char *handle,
    const char *client)
{
	return known_has(b->known, kind, handle) ||
	    (network_take(b, client) && all_take(b));
}
