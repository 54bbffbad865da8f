/* SPDX-License-Identifier: ISC */
/* Authentication: finds the credential of a request, verifies it, and sets the
 * principal. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth/alexa.h"
#include "auth/auth.h"
#include "auth/auth_jwt.h"
#include "auth/auth_key.h"
#include "auth/grant.h"
#include "auth/mint.h"
#include "auth/scope.h"
#include "auth/seal.h"
#include "auth/throttle.h"
#include "base/logger.h"
#include "base/mem.h"
#include "db/cache.h"
#include "http/route.h"
#include "http/urlencoded.h"

struct auth {
	struct jwt_issuers *issuers;
	struct alexa *alexa;
	struct seal *seal;
	const struct conf_issuer *users;	/* of users' tokens, or NULL */
};

/* The prefix "Bearer " of a credential: not removed, optional, required. */
enum scheme { SCHEME_NONE, SCHEME_OPTIONAL, SCHEME_REQUIRED };

static const struct carrier {
	unsigned flag;
	const char *name;	/* of the header or parameter */
	enum scheme scheme;
	bool tokens;		/* accepts tokens, not only keys */
	bool query;		/* a parameter, not a header */
} carriers[] = {
	{ AUTH_API_KEY, "apikey", SCHEME_NONE, false, false },
	{ AUTH_AUTHENTICATION, "authentication", SCHEME_OPTIONAL, true, false },
	{ AUTH_BEARER, "authorization", SCHEME_REQUIRED, true, false },
	{ AUTH_WEBHOOK_KEY, "x-webhook-apikey", SCHEME_NONE, false, false },
	{ AUTH_QUERY, AUTH_QUERY_NAME, SCHEME_NONE, true, true },
	{ AUTH_QUERY_KEY, "apiKey", SCHEME_NONE, false, true },
	{ AUTH_QUERY_KEY, AUTH_QUERY_NAME, SCHEME_NONE, false, true },
	{ AUTH_NONE, NULL, SCHEME_NONE, false, false }
};

/* Finds the option user_issuer's issuer; *out is NULL if the option is not
 * set. */
static int
users_find(const struct conf *conf, const struct conf_issuer **out,
    struct err *err)
{
	const struct conf_issuer *i = conf->issuers;

	*out = NULL;
	if (conf->user_issuer == NULL || *conf->user_issuer == '\0')
		return 0;
	while (i != NULL && strcmp(i->name, conf->user_issuer) != 0)
		i = i->next;
	if (i == NULL || *i->signing_key == '\0')
		return err_set(err, ERR_CONFIG, "user_issuer: %s %s",
		    conf->user_issuer, i == NULL ? "is not an issuer" :
		    "has no signing_key");
	*out = i;
	return 0;
}

int
auth_load(const struct conf *conf, struct auth **out, struct err *err)
{
	struct auth *auth = mem_alloc(sizeof(*auth));

	if (users_find(conf, &auth->users, err) < 0 ||
	    jwt_issuers_load(conf, &auth->issuers, err) < 0 ||
	    alexa_open(conf, &auth->alexa, err) < 0 ||
	    seal_load(conf->key_file, &auth->seal, err) < 0) {
		auth_free(&auth);
		return -1;
	}
	*out = auth;
	return 0;
}

int
auth_mint(const struct auth *auth, const struct principal *granter,
    const struct mint *mint, struct arena *arena, char **out, struct err *err)
{
	struct jwt_claims claims;

	if (grant_check(granter, mint->scopes, err) < 0)
		return -1;
	if (auth->users == NULL)
		return err_set(err, ERR_CONFIG, "user_issuer is not set");
	if (mint_token(auth->users, mint, out, err) < 0)
		return -1;
	if (jwt_verify(auth->issuers, *out, mint->issued, arena, &claims,
	    err) == 0)
		return 0;
	free(*out);
	*out = NULL;
	return err_set(err, ERR_CONFIG, "[issuer %s]: the keys have changed: "
	    "restart the worker", auth->users->name);
}

void
auth_free(struct auth **auth)
{
	if (*auth == NULL)
		return;
	jwt_issuers_free(&(*auth)->issuers);
	alexa_free(&(*auth)->alexa);
	seal_free(&(*auth)->seal);
	free(*auth);
	*auth = NULL;
}

bool
auth_names_issuer(const struct auth *auth, const char *payload, size_t len,
    struct arena *arena)
{
	return auth != NULL && jwt_names_issuer(auth->issuers, payload, len,
	    arena);
}

void
auth_each_skipped(const struct auth *auth,
    void (*fn)(const char *text, void *ctx), void *ctx)
{
	jwt_each_skipped(auth->issuers, fn, ctx);
}

struct alexa *
auth_alexa(const struct auth *auth)
{
	return auth->alexa;
}

const struct seal *
auth_seal(const struct auth *auth)
{
	return auth->seal;
}

const char *
auth_parameter(unsigned flags, size_t i)
{
	const struct carrier *c;

	for (c = carriers; c->name != NULL; c++)
		if (c->query && (c->flag & flags) && i-- == 0)
			break;
	return c->name;
}

bool
auth_is_credential(const char *header)
{
	const struct carrier *c = carriers;

	while (c->name != NULL && (c->query || strcmp(c->name, header) != 0))
		c++;
	return c->name != NULL;
}

bool
auth_lists(const char *list, const char *id)
{
	size_t len = strlen(id), n;

	if (list == NULL || *list != '{')
		return false;
	do {
		n = strcspn(++list, ",}");
		if (n == len && n > 0 && memcmp(list, id, n) == 0)
			return true;
		list += n;
	} while (*list == ',');
	return false;
}

const char *
auth_application(const struct principal *principal, struct arena *arena)
{
	const char *list = principal->applications;
	size_t n;

	if (list == NULL || *list != '{')
		return NULL;
	n = strcspn(++list, ",}");
	return n == 0 || list[n] != '}' ? NULL : arena_copy(arena, list, n);
}

/* The columns of a verified token's cache entry. */
enum token_column {
	TOKEN_NAME,
	TOKEN_SCOPES,
	TOKEN_APPLICATIONS,
	TOKEN_ORGANIZATION,
	TOKEN_EXPIRES,
	TOKEN_CLIENT,		/* id of a user's credential; else NULL */
	TOKEN_KEY,
	TOKEN_FORM,
	TOKEN__COUNT
};

_Static_assert(TOKEN__COUNT <= CACHE_COLUMNS_MAX, "more columns than a row");

/*
 * Stores the claims of a user's token (mint.h).  No leeway applies to its
 * expiry: Creel signs it with its own clock.
 */
static int
user_claims_store(const struct jwt_claims *claims, time_t now,
    struct cache_row *out, struct err *err)
{
	if (claims->key == NULL || claims->expires <= now)
		return err_set(err, ERR_UNAUTHORIZED,
		    claims->key == NULL ? "key is missing" :
		    "exp is in the past");
	out->columns[TOKEN_CLIENT] = claims->client;
	out->columns[TOKEN_KEY] = claims->key;
	out->columns[TOKEN_FORM] = claims->form;
	return 0;
}

static int
token_verify(struct req *req, const char *token, time_t now,
    struct cache_row *out, struct err *err)
{
	struct jwt_claims claims;

	if (jwt_verify(req->services->auth->issuers, token, now, req->arena,
	    &claims, err) < 0)
		return -1;
	*out = (struct cache_row){ .found = true, .n = TOKEN__COUNT,
	    .columns = {
		[TOKEN_NAME] = arena_printf(req->arena, "jwt:%s:%s",
		    claims.issuer->name, claims.subject),
		[TOKEN_SCOPES] = claims.scopes,
		[TOKEN_APPLICATIONS] = claims.applications,
		[TOKEN_ORGANIZATION] = claims.organization,
		[TOKEN_EXPIRES] = arena_printf(req->arena, "%lld",
		    (long long)claims.expires)
	    } };
	return claims.issuer != req->services->auth->users ||
	    claims.client == NULL ? 0 :
	    user_claims_store(&claims, now, out, err);
}

/* Verifies a token, or finds it in the cache.  Only valid tokens are cached, so
 * that invalid ones cannot displace them. */
static int
token_find(struct req *req, const char *token, struct cache_row *out,
    struct err *err)
{
	int64_t now = time(NULL), left;
	char hash[KEY_HASH_SIZE];

	if (req->services->cache == NULL)
		return token_verify(req, token, now, out, err);
	key_hash(token, hash);
	if (cache_get(req->services->cache, "token", hash, req->arena, out) &&
	    strtoll(out->columns[TOKEN_EXPIRES], NULL, 10) > now)
		return 0;
	if (token_verify(req, token, now, out, err) < 0)
		return -1;
	left = strtoll(out->columns[TOKEN_EXPIRES], NULL, 10) - now;
	if (left > req->services->conf->token_cache)
		left = req->services->conf->token_cache;
	if (hash[0] != '\0')
		cache_put(
		    req->services->cache, "token", hash, out, left * 1000);
	return 0;
}

/* Identifies the user of a token by the user's key, which is looked up in the
 * database or in the cache.  The cache is notified when access is revoked or
 * the key is replaced. */
static int
user_identify(struct req *req, const struct cache_row *token,
    struct principal *out, struct err *err)
{
	const char *form = token->columns[TOKEN_FORM];

	if (key_find(req, token->columns[TOKEN_KEY], out, err) < 0) {
		if (err->code == ERR_FORBIDDEN)
			err->code = ERR_UNAUTHORIZED;
		return -1;
	}
	if (out->user == NULL ||
	    strcmp(out->credential, token->columns[TOKEN_CLIENT]) != 0 ||
	    strcmp(out->applications, token->columns[TOKEN_APPLICATIONS]) != 0)
		return err_set(err, ERR_UNAUTHORIZED,
		    "the token does not match its key");
	if (strtoll(token->columns[TOKEN_EXPIRES], NULL, 10) -
	    MINT_USER_SECONDS < out->since)
		return err_set(err, ERR_UNAUTHORIZED,
		    "access was revoked after the token was issued");
	out->scopes &= scope_parse_list(token->columns[TOKEN_SCOPES]);
	if (form != NULL)
		out->hooks = out->hooks == NULL ||
		    auth_lists(out->hooks, form) ?
		    arena_printf(req->arena, "{%s}", form) : "{}";
	return 0;
}

static int
token_identify(struct req *req, const char *token, struct principal *out,
    struct err *err)
{
	struct cache_row row;

	if (token_find(req, token, &row, err) < 0)
		return -1;
	if (row.columns[TOKEN_CLIENT] != NULL)
		return user_identify(req, &row, out, err);
	out->name = row.columns[TOKEN_NAME];
	out->scopes = scope_parse_list(row.columns[TOKEN_SCOPES]);
	out->applications = row.columns[TOKEN_APPLICATIONS];
	out->organization = row.columns[TOKEN_ORGANIZATION];
	return 0;
}

/* Returns the credential in a header's value; NULL if it does not have the
 * required scheme. */
static const char *
credential_find(const char *value, enum scheme scheme)
{
	static const char bearer[] = "Bearer ";

	if (scheme == SCHEME_NONE)
		return value;
	if (strncasecmp(value, bearer, sizeof(bearer) - 1) != 0)
		return scheme == SCHEME_OPTIONAL ? value : NULL;
	value += sizeof(bearer) - 1;
	return value + strspn(value, " ");
}

static const char *
carrier_value(const struct req *req, const struct carrier *c, size_t *count)
{
	const char *value;

	if (!c->query)
		return http_header(req, c->name, count);
	*count = urlencoded_cut(req->arena, req->query, c->name, &value, NULL);
	return value;
}

static int
credential_identify(struct req *req, const struct carrier *c,
    const char *value, struct principal *out, struct err *err)
{
	if (key_is(value))
		return key_identify(req, value, out, err);
	if (!c->tokens)
		return err_set(err, ERR_UNAUTHORIZED, "not an API key");
	return token_identify(req, value, out, err);
}

static int
carrier_identify(struct req *req, const struct carrier *c, bool throttle,
    struct principal *out, struct err *err)
{
	size_t count;
	const char *value = carrier_value(req, c, &count);
	int rc;

	if (value == NULL)
		return err_set(err, ERR_UNAUTHORIZED, "missing");
	if ((value = credential_find(value, c->scheme)) == NULL)
		return err_set(err, ERR_UNAUTHORIZED, "not a Bearer token");
	memset(out, 0, sizeof(*out));
	rc = credential_identify(req, c, value, out, err);
	if (rc < 0 && throttle && err->code == ERR_UNAUTHORIZED)
		return throttle_failure(req, value, err);
	return rc;
}

/* True if a header has two credentials: the web server may have checked or
 * logged the other one.  With AUTH_SAME, also if two headers or parameters
 * differ. */
static bool
is_sent_twice(const struct req *req, unsigned allowed)
{
	const char *value, *first = NULL;
	const struct carrier *c;
	size_t count;

	for (c = carriers; c->name != NULL; c++) {
		if (!(allowed & c->flag))
			continue;
		value = carrier_value(req, c, &count);
		if (value == NULL)
			continue;
		if (first == NULL || !(allowed & AUTH_SAME))
			first = value;
		/* Some servers join them; no credential has a comma. */
		if (count > 1 || strchr(value, ',') != NULL ||
		    strcmp(first, value) != 0) {
			log_debug("credential in %s: sent more than once",
			    c->name);
			return true;
		}
	}
	return false;
}

int
auth_identify(struct req *req, unsigned allowed, struct err *err)
{
	struct principal *principal;
	const struct carrier *c;
	struct err reason;

	principal = arena_alloc(req->arena, sizeof(*principal));
	for (c = is_sent_twice(req, allowed) ? NULL : carriers;
	    c != NULL && c->name != NULL; c++) {
		if (!(allowed & c->flag))
			continue;
		if (carrier_identify(req, c, allowed & AUTH_THROTTLE, principal,
		    &reason) == 0) {
			req->principal = principal;
			return 0;
		}
		if (reason.code != ERR_UNAUTHORIZED) {
			*err = reason;
			return -1;
		}
		log_debug("credential in %s: %s", c->name, reason.text);
	}
	return err_set(err, ERR_UNAUTHORIZED,
	    "credentials are missing or not valid");
}
