/* SPDX-License-Identifier: ISC */
/* Who fails again and again is kept waiting, by address and by credential,
 * over all workers of a host (rate.h). */
#ifndef CREEL_AUTH_THROTTLE_H
#define CREEL_AUTH_THROTTLE_H

#include "base/fail.h"
#include "http/http.h"

#define THROTTLE_FAILURES 10	/* in RATE_WINDOW_MS */

/* A credential was not good, as err says.  After too many of those, of this
 * caller's or with this credential, err says ERR_RATE instead.  Good ones are
 * never kept waiting: they cannot be guessed, and an address may be many
 * callers'.  -1. */
int throttle_failure(const struct req *, const char *credential, struct err *);

#endif
