#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth/alexa.h"
#include "auth/auth.h"
#include "auth/auth_jwt.h"
#include "auth/auth_key.h"
#include "auth/scope.h"
#include "base/logger.h"
#include "base/mem.h"
#include "db/cache.h"
#include "http/route.h"

struct auth {
	struct jwt_issuers *issuers;
	struct alexa *alexa;
};

/* Whether "Bearer " stands before the credential. */
enum scheme { SCHEME_NONE, SCHEME_OPTIONAL, SCHEME_REQUIRED };

static const struct carrier {
	unsigned flag;
	const char *header;
	enum scheme scheme;
	bool tokens;		/* not only keys */
} carriers[] = {
	{ AUTH_API_KEY, "apikey", SCHEME_NONE, false },
	{ AUTH_AUTHENTICATION, "authentication", SCHEME_OPTIONAL, true },
	{ AUTH_BEARER, "authorization", SCHEME_REQUIRED, true },
	{ AUTH_NONE, NULL, SCHEME_NONE, false }
};

int
auth_load(const struct conf *conf, struct auth **out, struct err *err)
{
	struct auth *auth = mem_alloc(sizeof(*auth));

	if (jwt_issuers_load(conf, &auth->issuers, err) < 0 ||
	    alexa_open(conf, &auth->alexa, err) < 0) {
		auth_free(&auth);
		return -1;
	}
	*out = auth;
	return 0;
}

void
auth_free(struct auth **auth)
{
	if (*auth == NULL)
		return;
	jwt_issuers_free(&(*auth)->issuers);
	alexa_free(&(*auth)->alexa);
	free(*auth);
	*auth = NULL;
}

struct alexa *
auth_alexa(const struct auth *auth)
{
	return auth->alexa;
}

bool
auth_is_credential(const char *header)
{
	const struct carrier *c = carriers;

	while (c->header != NULL && strcmp(c->header, header) != 0)
		c++;
	return c->header != NULL;
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

/* The applications that a list names, and all of an organization. */
static int
organization_add(struct req *req, const char *organization, const char **list,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(organization) };
	struct cache_row row;
	const char *more;
	size_t len = strlen(*list) - 1;

	if (cache_lookup(req->cache, req->db, SQL_ORGANIZATION_APPLICATIONS,
	    values, req->arena, &row, err) < 0) {
		err->code = ERR_UNAVAILABLE;
		return -1;
	}
	more = row.columns[0];
	if (more != NULL && strcmp(more, "{}") != 0)
		*list = arena_printf(req->arena, "%.*s%s%s", (int)len, *list,
		    len > 1 ? "," : "", more + 1);
	return 0;
}

/* The columns that a verified token is kept as. */
enum token_column {
	TOKEN_NAME,
	TOKEN_SCOPES,
	TOKEN_APPLICATIONS,
	TOKEN_ORGANIZATION,
	TOKEN_EXPIRES,
	TOKEN__COUNT
};

static int
token_verify(struct req *req, const char *token, time_t now,
    struct cache_row *out, struct err *err)
{
	struct jwt_claims claims;

	if (jwt_verify(req->auth->issuers, token, now, req->arena, &claims,
	    err) < 0)
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
	return 0;
}

/* What a token says, verified now or not long ago.  Only good ones are kept,
 * so that bad ones take no room from them. */
static int
token_find(struct req *req, const char *token, struct cache_row *out,
    struct err *err)
{
	int64_t now = time(NULL), left;
	char hash[KEY_HASH_SIZE];

	if (req->cache == NULL)
		return token_verify(req, token, now, out, err);
	key_hash(token, hash);
	if (cache_get(req->cache, "token", hash, req->arena, out) &&
	    strtoll(out->columns[TOKEN_EXPIRES], NULL, 10) > now)
		return 0;
	if (token_verify(req, token, now, out, err) < 0)
		return -1;
	left = strtoll(out->columns[TOKEN_EXPIRES], NULL, 10) - now;
	if (left > req->conf->token_cache)
		left = req->conf->token_cache;
	if (hash[0] != '\0')
		cache_put(req->cache, "token", hash, out, left * 1000);
	return 0;
}

static int
token_identify(struct req *req, const char *token, struct principal *out,
    struct err *err)
{
	struct cache_row row;
	const char *organization, *applications;

	if (token_find(req, token, &row, err) < 0)
		return -1;
	organization = row.columns[TOKEN_ORGANIZATION];
	applications = row.columns[TOKEN_APPLICATIONS];
	if (organization != NULL && organization_add(req, organization,
	    &applications, err) < 0)
		return -1;
	out->name = row.columns[TOKEN_NAME];
	out->scopes = scope_parse_list(row.columns[TOKEN_SCOPES]);
	out->applications = applications;
	out->organization = organization;
	out->hooks = NULL;
	return 0;
}

/* The credential in a header's value; NULL if the scheme is not the one that
 * is required. */
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

static int
carrier_identify(struct req *req, const struct carrier *c,
    struct principal *out, struct err *err)
{
	const char *value = http_header(req, c->header, NULL);

	if (value == NULL)
		return err_set(err, ERR_UNAUTHORIZED, "not there");
	if ((value = credential_find(value, c->scheme)) == NULL)
		return err_set(err, ERR_UNAUTHORIZED, "not a Bearer");
	if (key_is(value))
		return key_identify(req, value, out, err);
	if (!c->tokens)
		return err_set(err, ERR_UNAUTHORIZED, "not a key's form");
	return token_identify(req, value, out, err);
}

/* Two credentials in one header: what the web server checked or logged may be
 * the other one. */
static bool
is_sent_twice(const struct req *req, unsigned allowed)
{
	const struct carrier *c;
	const char *value;
	size_t count;

	for (c = carriers; c->header != NULL; c++) {
		if (!(allowed & c->flag))
			continue;
		value = http_header(req, c->header, &count);
		if (value == NULL)
			continue;
		/* Some servers join them; no credential has a comma. */
		if (count > 1 || strchr(value, ',') != NULL) {
			log_debug("%s: sent more than once", c->header);
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
	    c != NULL && c->header != NULL; c++) {
		if (!(allowed & c->flag))
			continue;
		if (carrier_identify(req, c, principal, &reason) == 0) {
			req->principal = principal;
			return 0;
		}
		if (reason.code != ERR_UNAUTHORIZED) {
			*err = reason;
			return -1;
		}
		log_debug("%s: %s", c->header, reason.text);
	}
	return err_set(err, ERR_UNAUTHORIZED,
	    "credentials are missing or not valid");
}
