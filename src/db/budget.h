/* SPDX-License-Identifier: ISC */
/*
 * The budget of look-ups of unknown addresses.  Each client's network has a
 * rate, over all workers of the host, and all together have one: so a flood
 * spends its own budget first, and never that of known addresses.
 */
#ifndef CREEL_DB_BUDGET_H
#define CREEL_DB_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct known;
struct rate;

struct budget {
	/* Set by the owner. */
	int64_t rate;		/* look-ups per second, of all */
	int64_t network_rate;	/* and of a network */
	struct rate *rates;	/* which counts those; NULL: not limited */
	struct known *known;	/* the addresses that need no budget */
	int64_t (*clock)(void);	/* milliseconds */

	_Atomic int64_t paid;	/* private: the rate is used up to this time */
};

/* Sets the private member. */
void budget_init(struct budget *);

/* Returns whether a client, an IP address, may look up an address that is not
 * cached. */
bool budget_take(struct budget *, const char *kind, const char *handle,
    const char *client);

#endif
