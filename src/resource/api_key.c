/* SPDX-License-Identifier: ISC */
/* The REST resource of API keys. */
#include "auth/auth.h"
#include "auth/auth_key.h"
#include "auth/scope.h"
#include "auth/seal.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "resource/api_key.h"
#include "resource/collection.h"
#include "resource/credential_resource.h"
#include "resource/key_reveal.h"

static route_fn key_create, key_patch;
static route_fn key_secret;

static const struct collection keys = {
	.noun = "API Key",
	.kind = "key",
	.secret = "key",
	.sort_fields = "name scope id creationDate lastUpdated lastUsed",
	.filter_fields = "name scope"
};

const struct route api_key_routes[] = {
	{ "GET", "/applications/:application/api-keys", &dialect_losant,
	    LOSANT_AUTH, SCOPE_KEYS_GET, application_find_whole, BODY_NONE,
	    0, credential_resource_list, &keys },
	{ "POST", "/applications/:application/api-keys", &dialect_losant,
	    LOSANT_AUTH, SCOPE_KEYS_POST, application_find_whole,
	    LOSANT_BODY, key_create, &keys },
	{ "GET", "/applications/:application/api-keys/:apiKey",
	    &dialect_losant, LOSANT_AUTH, SCOPE_KEY_GET,
	    application_find_whole, BODY_NONE, 0, credential_resource_get,
	    &keys },
	{ "PATCH", "/applications/:application/api-keys/:apiKey",
	    &dialect_losant, LOSANT_AUTH, SCOPE_KEY_PATCH,
	    application_find_whole, LOSANT_BODY, key_patch, &keys },
	{ "DELETE", "/applications/:application/api-keys/:apiKey",
	    &dialect_losant, LOSANT_AUTH, SCOPE_KEY_DELETE,
	    application_find_whole, BODY_NONE, 0, credential_resource_delete,
	    &keys },
	{ "GET", "/applications/:application/api-keys/:apiKey/secret",
	    &dialect_losant, LOSANT_AUTH, SCOPE_KEY_VIEW,
	    application_find_whole, BODY_NONE, 0, key_secret, &keys },
	{ 0 }
};

/* A key has a single scope, as in the product. */
static int
scope_check(const struct jsn *value, struct err *err)
{
	const char *name = jsn_string(value);

	if (name == NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "scope is the wrong type");
	return scope_single(name) != 0 ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "scope must be an enum value");
}

static int
scope_stays(const struct jsn *value, struct err *err)
{
	(void)value;
	return err_set(err, ERR_BAD_REQUEST, "scope cannot be changed");
}

static const struct field post_fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 255),
	FIELD_CHECKED("scope", FIELD_REQUIRED, scope_check),
	FIELD_BOOLEAN("enabled", 0),
	FIELD_END
};

static const struct field patch_fields[] = {
	FIELD_STRING("name", 0, 1, 255),
	FIELD_CHECKED("scope", 0, scope_stays),
	FIELD_BOOLEAN("enabled", 0),
	FIELD_END
};

struct properties {		/* NULL: not sent */
	const char *name;
	const char *scope;
	const char *enabled;	/* "true", "false" */
};

static int
properties_read(struct req *req, const struct field *fields,
    struct properties *out, struct err *err)
{
	struct jsn *body;

	if (collection_body(req, fields, &body, err) < 0)
		return -1;
	out->name = collection_text(req, body, "name");
	out->scope = collection_text(req, body, "scope");
	out->enabled = collection_flag(body, "enabled");
	jsn_free(&body);
	return 0;
}

/* Stores a new key and responds with it. */
static int
key_store(struct req *req, struct resp *resp, const struct properties *p,
    const char *links, struct err *err)
{
	char id[ID_OBJECT_SIZE];
	const struct seal_owner owner = { req->application, id };
	struct sealed sealed;
	struct key key;

	id_object(id);
	if (key_new(req->principal, p->scope, &key, err) < 0 ||
	    seal_close(auth_seal(req->services->auth), &owner, key.text,
	    &sealed, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(credential_openers(req)), PG_TEXT(key.hash),
		PG_TEXT(key.prefix), SEALED_VALUE(&sealed), PG_TEXT(p->name),
		PG_TEXT(p->scope), PG_TEXT(p->enabled),
		PG_TEXT(req->principal->name)
	};
	resp->status = 201;
	return collection_respond_secret(req, resp, SQL_API_KEY_CREATE, values,
	    key.text, err);
}

static int
key_create(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    properties_read(req, post_fields, &p, err) < 0)
		return -1;
	return key_store(req, resp, &p, links, err);
}

static int
key_patch(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    properties_read(req, patch_fields, &p, err) < 0 ||
	    credential_may_enable(req, p.enabled, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(credential_openers(req)),
		PG_TEXT(p.name), PG_TEXT(p.enabled)
	};
	return collection_respond(req, resp, SQL_API_KEY_PATCH, values, err);
}

static int
key_secret(struct req *req, struct resp *resp, struct err *err)
{
	const char *links, *key;
	struct buf json;

	if (collection_links(req, &links, err) < 0 ||
	    key_reveal(req, collection_id(req), &key, err) < 0)
		return -1;
	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_string(&json, "key", key);
	jsn_write_end(&json, '}');
	dialect_losant_respond(resp, arena_take(req->arena, &json));
	return 0;
}
