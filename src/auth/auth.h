/* SPDX-License-Identifier: ISC */
/*
 * Authentication: finds the credential where the route expects it, verifies it,
 * and sets the principal that it identifies.
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
				 * "jwt:ISSUER:SUBJECT": to display */
	uint64_t scopes;	/* SCOPE_*, or'ed */
	/* It has access to these applications, "{id,id}", and to those that
	 * this organization has now (NULL: no organization).  They may be many:
	 * application_reaches() checks one (hook/tenant.h). */
	const char *applications;
	const char *organization;
	const char *hooks;	/* ids it is restricted to: "{id}"; NULL: all */
	const char *user;	/* e-mail address; NULL: not a user */
	int64_t since;		/* a user's older tokens are revoked, seconds
				 * since 1970 */
	const char *credential;	/* id of the key or user, else NULL */
};

/* Loads the issuers' keys and those of key_file.  The caller frees *out with
 * auth_free().  -1 with ERR_CONFIG for a key that is missing, weak or of the
 * wrong type. */
int auth_load(const struct conf *, struct auth **out, struct err *);
void auth_free(struct auth **);
/* Calls fn with a text for each key of an issuer that was skipped (jwks.h). */
void auth_each_skipped(const struct auth *,
    void (*fn)(const char *text, void *ctx), void *ctx);
/* Signs a token for a user (mint.h) as user_issuer; the caller frees *out with
 * free(3).  -1 with ERR_CONFIG: user_issuer is not set, or this worker would
 * reject the token, because the issuer's key files have changed since they were
 * loaded; or as grant_check(). */
int auth_mint(const struct auth *, const struct principal *granter,
    const struct mint *, struct arena *, char **out, struct err *);

/*
 * Sets req->principal from the first valid credential in one of the carriers
 * (enum auth_carrier).  -1 with ERR_UNAUTHORIZED (missing, invalid or sent
 * twice; the text does not disclose which), ERR_FORBIDDEN (a user without
 * Integration Access), ERR_RATE (with AUTH_THROTTLE), or ERR_UNAVAILABLE.
 */
int auth_identify(struct req *, unsigned carriers, struct err *);

/* Returns the verifier of Alexa's requests; NULL if none is configured. */
struct alexa *auth_alexa(const struct auth *);

/* Returns the keys that seal API keys (seal.h); NULL if key_file is not set. */
const struct seal *auth_seal(const struct auth *);

/* Returns whether the payload of a JWT, len characters of base64url, names a
 * configured issuer.  The JWT need not be valid; auth may be NULL. */
bool auth_names_issuer(const struct auth *, const char *payload, size_t len,
    struct arena *);

/* The parameter of AUTH_QUERY. */
#define AUTH_QUERY_NAME "api_key"
/* Returns the query parameter number i that carries credentials on a route with
 * these carriers (enum auth_carrier); NULL after the last one. */
const char *auth_parameter(unsigned carriers, size_t i);
/* Stored in place of a credential (wire/losant 1.7). */
#define AUTH_REDACTED "*****REDACTED*****"

/* Returns whether a request header (in lower case) carries credentials on any
 * route. */
bool auth_is_credential(const char *header);

/* Returns whether a list "{id,id}" holds an id; a NULL list is empty. */
bool auth_lists(const char *list, const char *id);

/* Returns the only application that a key belongs to, in the arena; NULL for a
 * principal that lists none or more than one.  Does not know an organization's
 * applications. */
const char *auth_application(const struct principal *, struct arena *);

#endif
