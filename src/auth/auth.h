/* SPDX-License-Identifier: ISC */
/*
 * Who calls: finds the credential where the route expects it, checks it, and
 * says whom it stands for.
 */
#ifndef CREEL_AUTH_AUTH_H
#define CREEL_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/fail.h"
#include "http/http.h"

struct alexa;
struct mint;
struct seal;

struct principal {
	const char *name;	/* "key:ID", "user:EMAIL",
				 * "jwt:ISSUER:SUBJECT": for people */
	uint64_t scopes;	/* SCOPE_*, or'ed */
	const char *applications;	/* ids it reaches: "{id,id}" */
	const char *organization;	/* all of whose it reaches, those just
					 * made too; NULL: of none */
	const char *hooks;	/* ids it is restricted to: "{id}"; NULL: all */
	const char *user;	/* the e-mail address; NULL: it is no user */
	int64_t since;		/* a user's tokens from before are void */
	const char *credential;	/* id of a key, or of a user; else NULL */
};

/* Loads the issuers' keys and those of key_file; *out is the caller's, for
 * auth_free().  -1 with ERR_CONFIG for a key that is missing, weak or of the
 * wrong kind. */
int auth_load(const struct conf *, struct auth **out, struct err *);
void auth_free(struct auth **);
/* Signs a token for a user (mint.h) as user_issuer; the caller frees *out with
 * free(3).  -1 with ERR_CONFIG: nobody signs them, or what was signed would be
 * refused here, since the files of its keys are others than when they were
 * loaded. */
int auth_mint(const struct auth *, const struct mint *, struct arena *,
    char **out, struct err *);

/*
 * Sets req->principal from the credentials that carriers (enum auth_carrier)
 * allow: the first that is good.  -1 with ERR_UNAUTHORIZED (none, none good,
 * one sent twice; the text never says which), ERR_FORBIDDEN (a user without
 * Integration Access), ERR_RATE (with AUTH_THROTTLE), or ERR_UNAVAILABLE.
 */
int auth_identify(struct req *, unsigned carriers, struct err *);

/* What Alexa's requests are verified with; NULL: they are not. */
struct alexa *auth_alexa(const struct auth *);

/* What API keys are sealed with (seal.h); NULL: creel.conf names no
 * key_file. */
const struct seal *auth_seal(const struct auth *);

/* What an identity of AUTH_QUERY is called. */
#define AUTH_QUERY_NAME "api_key"
/* What is stored in the place of a credential (wire/losant 1.7). */
#define AUTH_REDACTED "*****REDACTED*****"

/* Whether a request header (in lower case) carries credentials on some
 * route. */
bool auth_is_credential(const char *header);

/* Whether a principal may give a credential these scopes, which are called
 * name: he has them himself.  -1 with ERR_FORBIDDEN. */
int auth_gives(const struct principal *, uint64_t scopes, const char *name,
    struct err *);

/* Whether an id stands in a list "{id,id}"; a NULL list holds nothing. */
bool auth_lists(const char *list, const char *id);

/* The only application that a principal reaches, in the arena; NULL if he
 * reaches none, or several. */
const char *auth_application(const struct principal *, struct arena *);

#endif
