/* Who fails again and again is kept waiting, by address and by credential,
 * over all workers of a host (rate.h). */
#ifndef CREEL_AUTH_AUTH_SLOW_H
#define CREEL_AUTH_AUTH_SLOW_H

#include "base/fail.h"
#include "http/http.h"

#define SLOW_FAILURES 10	/* in RATE_WINDOW_MS */

/* Whether a credential may be verified for this caller.  -1 with ERR_RATE. */
int slow_check(const struct req *, const char *credential, struct err *);
/* It was not good. */
void slow_count(const struct req *, const char *credential);

#endif
