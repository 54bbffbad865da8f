/* SPDX-License-Identifier: ISC */
/* Grants: checks that a principal has the scopes that it gives to others. */
#include "auth/auth.h"
#include "auth/grant.h"
#include "auth/scope.h"

#define NAME_SHOWN 64		/* bytes of a scope in an error */

const struct principal grant_owner = { .name = "owner", .scopes = UINT64_MAX };

int
grant_check(const struct principal *granter, const char *scopes,
    struct err *err)
{
	size_t n;
	const char *name = scope_missing(granter->scopes, scopes, &n);

	return name == NULL ? 0 : err_set(err, ERR_FORBIDDEN,
	    "cannot grant the scope %.*s: the credential does not have it",
	    n < NAME_SHOWN ? (int)n : NAME_SHOWN, name);
}
