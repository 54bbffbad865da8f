/* SPDX-License-Identifier: ISC */
/* HTTP Basic authentication (RFC 7617) with one user, for hooks. */
#ifndef CREEL_AUTH_AUTH_BASIC_H
#define CREEL_AUTH_AUTH_BASIC_H

#include <stdbool.h>

#include "http/http.h"

/*
 * Whether the request carries exactly this user and password; either may be
 * "".  A header that is sent twice is none.
 */
bool basic_matches(const struct req *, const char *user, const char *password);

/*
 * What the request carries, in its arena: 1; 0 if it has no Authorization at
 * all; -1 if that is sent twice, of another scheme or not well-formed.
 */
int basic_read(const struct req *, const char **user, const char **password);

/* Whether two secrets are equal, in a time that does not tell how much of
 * them is.  None is equal to "". */
bool secret_equals(const char *, const char *);

#endif
