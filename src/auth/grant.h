/* SPDX-License-Identifier: ISC */
/*
 * The rule for every credential that is created, enabled or shown: the granter,
 * a principal, must have its scopes.
 */
#ifndef CREEL_AUTH_GRANT_H
#define CREEL_AUTH_GRANT_H

#include "base/fail.h"

struct principal;

/* The granter of creelctl, which has all scopes. */
extern const struct principal grant_owner;

/*
 * Checks that the granter has these scopes, which are names separated by
 * spaces.  An unknown name has no effect today but may have one later, so it
 * requires all that an application token can have.  -1 with ERR_FORBIDDEN.
 * key_new(), key_unseal() and auth_mint(), which return secrets, call it.
 */
int grant_check(const struct principal *granter, const char *scopes,
    struct err *);

#endif
