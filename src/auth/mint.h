/* SPDX-License-Identifier: ISC */
/* Minting: signs Creel's own tokens, for creelctl and for users.  This is the
 * only user of libjwt. */
#ifndef CREEL_AUTH_MINT_H
#define CREEL_AUTH_MINT_H

#include <stddef.h>
#include <time.h>

#include "base/conf.h"
#include "base/fail.h"

/*
 * A user's access token (RFC 9068): typ is at+jwt, and client_id the id of the
 * user's credential.  The claim "key" ties it to the Secret Key that was
 * exchanged for it: its SHA-256, which does not disclose a key of 256 random
 * bits.
 */
struct mint_user {
	const char *client;
	const char *key;		/* key_hash() */
	const char *form;		/* id of the only form, or NULL */
};

#define MINT_USER_SECONDS 600	/* lifetime of a user's token: wire/quixy 4.1 */

struct mint {
	const char *subject;
	const char *scopes;		/* names, separated by spaces */
	const char *const *applications;	/* ids, ended by NULL */
	const char *organization;	/* an id, or NULL */
	time_t issued;			/* seconds since 1970 */
	time_t lifetime;		/* seconds */
	const struct mint_user *user;	/* NULL: not a user's token */
};

/* Signs a token with the issuer's signing_key and algorithm; the caller frees
 * *out with free(3).  -1 with ERR_CONFIG: no signing_key, an algorithm
 * other than HS*, RS* and ES*, or a token that would be rejected. */
int mint_token(const struct conf_issuer *, const struct mint *, char **out,
    struct err *);

#endif
