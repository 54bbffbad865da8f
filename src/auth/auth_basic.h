/* SPDX-License-Identifier: ISC */
/* HTTP Basic authentication (RFC 7617) with one user, for hooks. */
#ifndef CREEL_AUTH_AUTH_BASIC_H
#define CREEL_AUTH_AUTH_BASIC_H

#include <stdbool.h>

#include "http/http.h"

/*
 * Returns whether the request has exactly this user and password; either may be
 * "".  A header that is sent twice does not match.
 */
bool basic_matches(const struct req *, const char *user, const char *password);

/*
 * Reads user and password of the request into its arena.  Returns 1; 0 if it
 * has no Authorization; -1 if that is sent twice, malformed or of another
 * scheme.
 */
int basic_read(const struct req *, const char **user, const char **password);

/* Returns whether the request's user or password is one of Creel's
 * credentials (mask.h). */
bool basic_has_key(const struct req *);

/* Returns whether two secrets are equal; the time does not depend on the number
 * of equal bytes.  An empty secret is never equal. */
bool secret_equals(const char *, const char *);

#endif
