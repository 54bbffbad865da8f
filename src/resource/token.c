/* SPDX-License-Identifier: ISC */
/* The REST resource of application tokens, as in Losant. */
#include <string.h>

#include "auth/auth.h"
#include "auth/auth_key.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "resource/collection.h"
#include "resource/credential_resource.h"
#include "resource/token.h"

#define SCOPE_PRESET "all.Application"

static route_fn token_create, token_patch;

static const struct collection tokens = {
	.noun = "API Token",
	.kind = "token",
	.secret = "token",
	.sort_fields = "name status id creationDate lastUpdated "
	    "expirationDate",
	.filter_fields = "name status"
};

const struct route token_routes[] = {
	{ "GET", "/applications/:application/tokens", &dialect_losant,
	    LOSANT_AUTH, SCOPE_TOKENS_GET, application_find_whole, BODY_NONE,
	    0, credential_resource_list, &tokens },
	{ "POST", "/applications/:application/tokens", &dialect_losant,
	    LOSANT_AUTH, SCOPE_TOKENS_POST, application_find_whole,
	    LOSANT_BODY, token_create, &tokens },
	{ "GET", "/applications/:application/tokens/:token", &dialect_losant,
	    LOSANT_AUTH, SCOPE_TOKEN_GET, application_find_whole, BODY_NONE,
	    0, credential_resource_get, &tokens },
	{ "PATCH", "/applications/:application/tokens/:token",
	    &dialect_losant, LOSANT_AUTH, SCOPE_TOKEN_PATCH,
	    application_find_whole, LOSANT_BODY, token_patch, &tokens },
	{ "DELETE", "/applications/:application/tokens/:token",
	    &dialect_losant, LOSANT_AUTH, SCOPE_TOKEN_DELETE,
	    application_find_whole, BODY_NONE, 0, credential_resource_delete,
	    &tokens },
	{ 0 }
};

static const struct field post_fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 255),
	FIELD_STRING("description", 0, 0, 32767),
	FIELD_TIME("expirationDate", 0),
	FIELD_STRINGS("scope", 0, 1, 1024),
	FIELD_ENUM("status", 0, "active inactive"),
	FIELD_END
};

/* The scopes and the expiration of a token cannot be changed. */
static const struct field patch_fields[] = {
	FIELD_STRING("name", 0, 1, 255),
	FIELD_STRING("description", 0, 0, 32767),
	FIELD_ENUM("status", 0, "active inactive"),
	FIELD_END
};

struct properties {		/* NULL: not sent */
	const char *name;
	const char *description;
	const char *expires;
	const char *scopes;	/* separated by spaces, always */
	const char *active;	/* "true", "false" */
};

/* Sets *out to the scopes, separated by spaces. */
static int
scopes_parse(struct req *req, const struct jsn *list, const char **out,
    struct err *err)
{
	struct buf names;
	size_t i;
	int rc = 0;

	buf_init(&names);
	if (list == NULL)
		buf_addstr(&names, SCOPE_PRESET);
	for (i = 0; i < jsn_length(list) && rc == 0; i++) {
		buf_printf(&names, i == 0 ? "%s" : " %s",
		    jsn_string(jsn_at(list, i)));
		if (!scope_is_for_token(jsn_string(jsn_at(list, i))))
			rc = err_set(err, ERR_BAD_REQUEST,
			    "scope must be an enum value");
	}
	*out = arena_take(req->arena, &names);
	return rc;
}

static void
properties_read(struct req *req, const struct jsn *body, struct properties *out)
{
	const char *status = jsn_string(jsn_get(body, "status"));

	out->name = collection_text(req, body, "name");
	out->description = collection_text(req, body, "description");
	out->expires = collection_text(req, body, "expirationDate");
	out->active = status == NULL ? NULL :
	    strcmp(status, "active") == 0 ? "true" : "false";
}

/* Stores a new token and responds with it and its secret. */
static int
token_store(struct req *req, struct resp *resp, const struct properties *p,
    const char *links, struct err *err)
{
	char id[ID_OBJECT_SIZE];
	struct key key;

	if (key_new(req->principal, p->scopes, &key, err) < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(key.hash), PG_TEXT(key.prefix), PG_TEXT(p->name),
		PG_TEXT(p->description), PG_TEXT(p->expires),
		PG_TEXT(p->scopes), PG_TEXT(p->active),
		PG_TEXT(req->principal->name)
	};
	resp->status = 201;
	return collection_respond_secret(req, resp, SQL_TOKEN_CREATE, values,
	    key.text, err);
}

static int
token_create(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;
	struct jsn *body;
	int rc;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, post_fields, &body, err) < 0)
		return -1;
	properties_read(req, body, &p);
	rc = scopes_parse(req, jsn_get(body, "scope"), &p.scopes, err);
	jsn_free(&body);
	return rc < 0 ? -1 : token_store(req, resp, &p, links, err);
}

static int
token_patch(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;
	struct jsn *body;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, patch_fields, &body, err) < 0)
		return -1;
	properties_read(req, body, &p);
	jsn_free(&body);
	if (credential_may_enable(req, p.active, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(p.name), PG_TEXT(p.description),
		PG_TEXT(p.active)
	};
	return collection_respond(req, resp, SQL_TOKEN_PATCH, values, err);
}

