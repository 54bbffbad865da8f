/* SPDX-License-Identifier: ISC */
/* Creel's own tokens, of creelctl and of users: the only user of libjwt. */
#ifndef CREEL_AUTH_MINT_H
#define CREEL_AUTH_MINT_H

#include <stddef.h>
#include <time.h>

#include "base/conf.h"
#include "base/fail.h"

/*
 * A user's access token (RFC 9068): typ is at+jwt, and client_id the id of the
 * user's credential.  The claim "key" ties it to the Secret Key that it was
 * got for: its SHA-256, which says nothing of 256 random bits.
 */
struct mint_user {
	const char *client;
	const char *key;		/* key_hash() */
	const char *form;		/* id of the only form, or NULL */
};

#define MINT_USER_SECONDS 600	/* that a user's token lives: wire/quixy 4.1 */

struct mint {
	const char *subject;
	const char *scopes;		/* names, a space between */
	const char *const *applications;	/* ids, ended by NULL */
	const char *organization;	/* an id, or NULL */
	time_t issued;
	time_t lifetime;		/* seconds */
	const struct mint_user *user;	/* NULL: it is nobody's */
};

/* Signs a token with the issuer's signing_key and algorithm; the caller frees
 * *out with free(3).  -1 with ERR_CONFIG (no signing_key, a key that libjwt
 * cannot use: PS* and EdDSA among them). */
int mint_token(const struct conf_issuer *, const struct mint *, char **out,
    struct err *);

#endif
