/* SPDX-License-Identifier: ISC */
/* Throttles repeated failures of authentication, by network and by credential,
 * across all workers of a host (rate.h). */
#ifndef CREEL_AUTH_THROTTLE_H
#define CREEL_AUTH_THROTTLE_H

#include "base/fail.h"
#include "http/http.h"

#define THROTTLE_FAILURES 10	/* in RATE_WINDOW_MS */

/* Counts a failure, which err describes, for the client's network and for the
 * credential.  After too many of either, err becomes ERR_RATE.  Valid
 * credentials are never throttled: they cannot be guessed, and clients may
 * share an address.  Always returns -1. */
int throttle_failure(const struct req *, const char *credential, struct err *);

#endif
