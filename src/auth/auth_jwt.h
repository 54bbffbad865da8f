/* SPDX-License-Identifier: ISC */
/*
 * Bearer tokens: JWTs in compact form (RFC 7519, RFC 8725), verified with
 * OpenSSL against keys that are pinned to their algorithm.
 */
#ifndef CREEL_AUTH_AUTH_JWT_H
#define CREEL_AUTH_AUTH_JWT_H

#include <stddef.h>
#include <time.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/fail.h"

#define JWT_SIZE_MAX 8192

struct jwt_issuers;

/* What a good token says; in the arena. */
struct jwt_claims {
	const struct conf_issuer *issuer;
	const char *subject;		/* "" when there is no sub */
	const char *scopes;		/* names, a space between */
	const char *applications;	/* "{id,id}": well-formed ids only */
	const char *organization;	/* an id, or NULL */
	time_t expires;
	/* Of a user's token (mint.h); NULL: not there. */
	const char *client;
	const char *key;
	const char *form;
};

int jwt_issuers_load(const struct conf *, struct jwt_issuers **out,
    struct err *);
void jwt_issuers_free(struct jwt_issuers **);

/*
 * Checks a token at a time (seconds since 1970).  -1 with ERR_UNAUTHORIZED and
 * a text for the log that tells the reason and repeats nothing of the token.
 */
int jwt_verify(const struct jwt_issuers *, const char *token, time_t now,
    struct arena *, struct jwt_claims *out, struct err *);

#endif
