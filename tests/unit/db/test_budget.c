/* SPDX-License-Identifier: ISC */
/* Tests the budget of look-ups of unknown addresses. */
#include <stdio.h>

#include "../unit.h"
#include "base/rate.h"
#include "db/budget.h"
#include "db/known.h"

static int64_t now = 5000;

static int64_t
now_get(void)
{
	return now;
}

/* Returns how many of n look-ups of a client are allowed. */
static int
allowed(struct budget *b, const char *client, int n)
{
	char handle[32];
	int i, count = 0;

	for (i = 0; i < n; i++) {
		snprintf(handle, sizeof(handle), "unknown%d", i);
		count += budget_take(b, "webhook", handle, client);
	}
	return count;
}

static void
budget_make(struct budget *b, int64_t rate, int64_t network_rate)
{
	struct err err;

	*b = (struct budget){ .rate = rate, .network_rate = network_rate,
	    .known = known_new(), .clock = now_get };
	assert_int_equal(rate_open("", &b->rates, &err), 0);
	budget_init(b);
}

static void
budget_end(struct budget *b)
{
	known_free(&b->known);
	rate_close(&b->rates);
}

/* A flood from one network leaves the budget of all to others. */
static void
test_networks(void **state)
{
	struct budget b;

	(void)state;
	budget_make(&b, 1000, 5);
	assert_int_equal(allowed(&b, "192.0.2.1", 2000), 50);
	assert_int_equal(allowed(&b, "::ffff:192.0.2.1", 9), 0);
	assert_int_equal(allowed(&b, "192.0.2.2", 9), 9);
	assert_int_equal(allowed(&b, "2001:db8::1", 49), 49);
	assert_int_equal(allowed(&b, "2001:db8::2", 9), 1);
	assert_int_equal(allowed(&b, "2001:db8:0:1::2", 9), 9);
	budget_end(&b);
}

/* A flood from many networks is limited to the budget of all. */
static void
test_all(void **state)
{
	char client[32];
	struct budget b;
	int i, count = 0;

	(void)state;
	budget_make(&b, 100, 5);
	for (i = 0; i < 500; i++) {
		snprintf(client, sizeof(client), "192.0.%d.%d", i / 256,
		    i % 256);
		count += allowed(&b, client, 1);
	}
	assert_int_equal(count, 100);
	budget_end(&b);
}

/* Known addresses need no budget. */
static void
test_known(void **state)
{
	struct budget b;

	(void)state;
	budget_make(&b, 1, 1);
	known_load(b.known, 1);
	known_add(b.known, "webhook", "good");
	assert_int_equal(allowed(&b, "192.0.2.1", 100), 1);
	assert_true(budget_take(&b, "webhook", "good", "192.0.2.1"));
	known_loaded(b.known);
	assert_true(budget_take(&b, "webhook", "good", "192.0.2.1"));
	assert_false(budget_take(&b, "key", "good", "192.0.2.1"));
	budget_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_known)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
