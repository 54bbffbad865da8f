/* SPDX-License-Identifier: ISC */
/*
 * The Quixy door: issues ten-minute tokens for a user's Secret Key
 * (wire/quixy 4.1, 4.3), with Quixy's request or that of OAuth 2.0 (RFC 6749
 * section 4.4).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth/auth.h"
#include "auth/auth_basic.h"
#include "auth/auth_key.h"
#include "auth/mint.h"
#include "auth/scope.h"
#include "auth/throttle.h"
#include "base/buf.h"
#include "base/field.h"
#include "base/jsn_write.h"
#include "base/word.h"
#include "door/quixy.h"
#include "hook/hook.h"
#include "http/body.h"
#include "http/urlencoded.h"

#define LIFETIME MINT_USER_SECONDS
#define SCOPE_MAX 255
#define SCOPES KEY_USER_SCOPES

static void oauth_error(const struct req *, const struct err *, struct resp *);

const struct dialect quixy_oauth_dialect = { .name = "quixy",
    .error = oauth_error, .challenge = "Basic realm=\"creel\"" };

/* A requested token. */
struct grant {
	const char *key;	/* the Secret Key */
	const char *app_key;	/* of the only form; NULL: all forms */
	const char *scopes;
};

/* Sets req->principal to the user that the key belongs to. */
static int
user_find(struct req *req, const char *key, struct err *err)
{
	struct principal *user = arena_alloc(req->arena, sizeof(*user));
	int rc;

	rc = key_is(key) ? key_identify(req, key, user, err) :
	    err_set(err, ERR_UNAUTHORIZED, "not an API key");
	if (rc == 0 && user->user == NULL)
		rc = err_set(err, ERR_UNAUTHORIZED, "not a user's key");
	if (rc == 0) {
		req->principal = user;
	} else if (err->code == ERR_UNAUTHORIZED) {
		err_set(err, ERR_UNAUTHORIZED, "Invalid Secret Key");
		return throttle_failure(req, key, err);
	}
	return rc;
}

static int
token_mint(struct req *req, const struct grant *grant, char **out,
    struct err *err)
{
	const struct principal *who = req->principal;
	/* A user belongs to one application. */
	const char *applications[] = {
		auth_application(who, req->arena), NULL
	};
	char hash[KEY_HASH_SIZE];
	const struct mint_user user = { .client = who->credential,
	    .key = hash, .form = req->hook == NULL ? NULL : req->hook->id };
	const struct mint mint = { .subject = who->user,
	    .scopes = grant->scopes, .applications = applications,
	    .issued = time(NULL), .lifetime = LIFETIME, .user = &user };

	key_hash(grant->key, hash);
	return auth_mint(req->services->auth, who, &mint, req->arena, out,
	    err);
}

/* Responds with a token: RFC 6749 section 5.1. */
static int
token_answer(struct req *req, const struct grant *grant, struct resp *resp,
    struct err *err)
{
	char *token = NULL;
	struct buf body;

	if (token_mint(req, grant, &token, err) < 0)
		return -1;
	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "access_token", token);
	jsn_write_string(&body, "token_type", "Bearer");
	jsn_write_integer(&body, "expires_in", LIFETIME);
	jsn_write_string(&body, "scope", grant->scopes);
	jsn_write_end(&body, '}');
	free(token);
	quixy_answer(resp, arena_take(req->arena, &body));
	return 0;
}

/* -- Quixy's request */

static const struct field token_fields[] = {
	FIELD_STRING("secret_key", 0, 1, 255),
	FIELD_STRING("app_key", 0, 1, 255),
	FIELD_END
};

static int
body_parse(struct req *req, struct grant *out, struct err *err)
{
	struct jsn *body = NULL;
	const char *text;
	int rc = -1;

	body_skip_mark(req);
	if (req->body_len == 0)
		return 0;
	if (jsn_parse(req->body, req->body_len, &body, err) < 0)
		goto out;
	if (jsn_type(body) != JSN_OBJECT) {
		err_set(err, ERR_BAD_REQUEST, "body: must be a JSON object");
		goto out;
	}
	if (field_check(body, token_fields, err) < 0)
		goto out;
	if ((text = jsn_string(jsn_get(body, "secret_key"))) != NULL)
		out->key = arena_strdup(req->arena, text);
	if ((text = jsn_string(jsn_get(body, "app_key"))) != NULL)
		out->app_key = arena_strdup(req->arena, text);
	rc = 0;
out:
	jsn_free(&body);
	return rc;
}

/* Sets *out to the Secret Key in "Authorization: Bearer"; NULL if the request
 * has no such header. */
static int
bearer_read(const struct req *req, const char **out, struct err *err)
{
	static const char bearer[] = "Bearer ";
	size_t count;
	const char *value = http_header(req, "authorization", &count);

	*out = NULL;
	if (value == NULL)
		return 0;
	if (count > 1 || strncasecmp(value, bearer, sizeof(bearer) - 1) != 0)
		return err_set(err, ERR_UNAUTHORIZED, "Invalid Secret Key");
	value += sizeof(bearer) - 1;
	*out = value + strspn(value, " ");
	return 0;
}

int
quixy_token(struct req *req, struct resp *resp, struct err *err)
{
	struct grant grant = { .scopes = SCOPES };
	const char *bearer;

	if (bearer_read(req, &bearer, err) < 0 ||
	    body_parse(req, &grant, err) < 0)
		return -1;
	if (bearer != NULL && grant.key != NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "secret_key: already sent in Authorization");
	if (bearer != NULL)
		grant.key = bearer;
	if (grant.key == NULL)
		return err_set(err, ERR_UNAUTHORIZED, "secret_key: required");
	if (user_find(req, grant.key, err) < 0 || (grant.app_key != NULL &&
	    quixy_form_find(req, grant.app_key, err) < 0))
		return -1;
	return token_answer(req, &grant, resp, err);
}

/* -- OAuth's request */

/* Error codes of RFC 6749 section 5.2; slow_down is from RFC 8628,
 * temporarily_unavailable from RFC 6749 section 4.1.2.1. */
static const struct {
	int status;
	const char *word;
} oauth_words[] = {
	{ 401, "invalid_client" },
	{ 429, "slow_down" },
	{ 503, "temporarily_unavailable" },
	{ 0, "invalid_request" }
};

static void
oauth_put(const struct req *req, struct resp *resp, const char *word,
    const char *text)
{
	struct buf body;

	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "error", word);
	jsn_write_string(&body, "error_description", text);
	jsn_write_end(&body, '}');
	quixy_answer(resp, arena_take(req->arena, &body));
}

static void
oauth_error(const struct req *req, const struct err *err, struct resp *resp)
{
	size_t i = 0;

	while (oauth_words[i].status != 0 &&
	    oauth_words[i].status != resp->status)
		i++;
	oauth_put(req, resp, oauth_words[i].word, err->text);
}

/* Responds 400 with an error code that oauth_words does not have. */
static int
oauth_reject(const struct req *req, struct resp *resp, const char *word,
    const char *text)
{
	resp->status = 400;
	oauth_put(req, resp, word, text);
	return 0;
}

struct oauth {
	const char *grant_type;
	const char *client_id;
	const char *client_secret;
	const char *scope;
	const char *app_key;
};

#define PARAMETER(name) { #name, offsetof(struct oauth, name) }

/* RFC 6749 section 3.2: duplicate parameters are an error, empty and unknown
 * ones are ignored. */
static int
oauth_parameters(struct req *req, struct oauth *out, struct err *err)
{
	static const struct {
		const char *name;
		size_t offset;
	} known[] = {
		PARAMETER(grant_type), PARAMETER(client_id),
		PARAMETER(client_secret), PARAMETER(scope), PARAMETER(app_key)
	};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (urlencoded_cut(req->arena, req->body, known[i].name, &value,
		    NULL) > 1)
			return err_set(err, ERR_BAD_REQUEST,
			    "%s: duplicate parameter", known[i].name);
		*(const char **)(void *)((char *)out + known[i].offset) =
		    value != NULL && *value != '\0' ? value : NULL;
	}
	return 0;
}

static int
oauth_type(const struct req *req, struct err *err)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = http_header(req, "content-type", NULL);
	size_t n = type == NULL ? 0 : strcspn(type, "; \t");

	if (!word_is(type, n, form))
		return err_set(err, ERR_BAD_REQUEST,
		    "Content-Type: must be %s", form);
	return strlen(req->body) == req->body_len ? 0 : err_set(err,
	    ERR_BAD_REQUEST, "body: must not contain NUL bytes");
}

static const char *
decoded(struct arena *arena, const char *text)
{
	return urlencoded_decode(arena, text, strlen(text), NULL);
}

/* Reads the client's credentials from Basic, URL-encoded, or from the body, but
 * not both (RFC 6749 section 2.3.1).  *plain is the user of Basic before
 * decoding: clients may send an e-mail address with a plus unencoded. */
static int
oauth_client(struct req *req, struct oauth *o, const char **plain,
    struct err *err)
{
	const char *user = NULL, *password = NULL;
	int basic = basic_read(req, &user, &password);

	if (basic < 0)
		return err_set(err, ERR_UNAUTHORIZED,
		    "client credentials: malformed");
	if (basic > 0 && o->client_secret != NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "client_secret: already sent in Authorization");
	if (basic > 0 && o->client_id != NULL &&
	    strcmp(o->client_id, decoded(req->arena, user)) != 0)
		return err_set(err, ERR_BAD_REQUEST,
		    "client_id: must equal the user in Authorization");
	*plain = basic > 0 ? user : o->client_id;
	if (basic > 0) {
		o->client_id = decoded(req->arena, user);
		o->client_secret = decoded(req->arena, password);
	}
	return o->client_id != NULL && o->client_secret != NULL ? 0 :
	    err_set(err, ERR_UNAUTHORIZED, "client credentials: required");
}

static bool
is_client(const struct principal *who, const char *id)
{
	return strcmp(id, who->credential) == 0 ||
	    strcasecmp(id, who->user) == 0;
}

/* Finds the user by the key; client_id must be that user's. */
static int
oauth_user(struct req *req, struct oauth *o, struct err *err)
{
	const char *plain = NULL;

	if (oauth_client(req, o, &plain, err) < 0 ||
	    user_find(req, o->client_secret, err) < 0)
		return -1;
	if (is_client(req->principal, o->client_id) ||
	    is_client(req->principal, plain))
		return 0;
	req->principal = NULL;
	err_set(err, ERR_UNAUTHORIZED, "Invalid Secret Key");
	return throttle_failure(req, o->client_secret, err);
}

/* Returns whether all requested scopes are among SCOPES. */
static bool
scopes_are_allowed(const char *wanted)
{
	const uint64_t allowed = scope_parse_list(SCOPES);
	char name[sizeof(SCOPES)];
	uint64_t bits;
	size_t n;

	/* It becomes part of the token, which has a maximum size. */
	if (strlen(wanted) > SCOPE_MAX)
		return false;
	for (; *wanted != '\0'; wanted += n + strspn(wanted + n, " ")) {
		n = strcspn(wanted, " ");
		if (n == 0 || n >= sizeof(name))
			return false;
		memcpy(name, wanted, n);
		name[n] = '\0';
		bits = scope_parse(name);
		if (bits == 0 || (bits & ~allowed) != 0)
			return false;
	}
	return true;
}

int
quixy_oauth(struct req *req, struct resp *resp, struct err *err)
{
	struct grant grant = { .scopes = SCOPES };
	struct oauth o = { NULL, NULL, NULL, NULL, NULL };

	if (oauth_type(req, err) < 0 || oauth_parameters(req, &o, err) < 0)
		return -1;
	if (o.grant_type == NULL)
		return err_set(err, ERR_BAD_REQUEST, "grant_type: required");
	if (strcmp(o.grant_type, "client_credentials") != 0)
		return oauth_reject(req, resp, "unsupported_grant_type",
		    "grant_type: must be client_credentials");
	if (oauth_user(req, &o, err) < 0)
		return err->code != ERR_FORBIDDEN ? -1 : oauth_reject(req,
		    resp, "unauthorized_client", err->text);
	if (o.scope != NULL && !scopes_are_allowed(o.scope))
		return oauth_reject(req, resp, "invalid_scope",
		    "scope: allowed values are " SCOPES);
	if (o.scope != NULL)
		grant.scopes = o.scope;
	if (o.app_key != NULL && quixy_form_find(req, o.app_key, err) < 0) {
		if (err_status(err->code) >= 500)
			return -1;
		return err_set(err, ERR_BAD_REQUEST, "app_key: %s",
		    err->text);
	}
	grant.key = o.client_secret;
	grant.app_key = o.app_key;
	return token_answer(req, &grant, resp, err);
}
