/* SPDX-License-Identifier: ISC */
/*
 * Bearer tokens: JSON Web Tokens in compact form (RFC 7519, RFC 8725), verified
 * with OpenSSL against keys that are pinned to their algorithm.
 */
#ifndef CREEL_AUTH_AUTH_JWT_H
#define CREEL_AUTH_AUTH_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/fail.h"

#define JWT_SIZE_MAX 8192	/* bytes */

struct jwt_issuers;

/* The claims of a valid token; in the arena. */
struct jwt_claims {
	const struct conf_issuer *issuer;
	const char *subject;		/* "": no sub */
	const char *scopes;		/* names, separated by spaces */
	const char *applications;	/* "{id,id}": well-formed ids only */
	const char *organization;	/* an id, or NULL */
	time_t expires;			/* seconds since 1970 */
	/* Claims of a user's token (mint.h); NULL: missing. */
	const char *client;
	const char *key;
	const char *form;
};

/* Loads the keys of all issuers; conf is borrowed until jwt_issuers_free().  -1
 * with ERR_CONFIG. */
int jwt_issuers_load(const struct conf *, struct jwt_issuers **out,
    struct err *);
void jwt_issuers_free(struct jwt_issuers **);
/* Calls fn with a text for each key of a JWK set that was skipped (jwks.h). */
void jwt_each_skipped(const struct jwt_issuers *,
    void (*fn)(const char *text, void *ctx), void *ctx);

/*
 * Verifies a token at the time now (seconds since 1970).  -1 with
 * ERR_UNAUTHORIZED and a text for the log that states the reason, and contains
 * no part of the token.
 */
int jwt_verify(const struct jwt_issuers *, const char *token, time_t now,
    struct arena *, struct jwt_claims *out, struct err *);

/* Returns whether the payload of a token, len characters of base64url, names
 * one of the issuers.  The token need not be valid. */
bool jwt_names_issuer(const struct jwt_issuers *, const char *payload,
    size_t len, struct arena *);

#endif
