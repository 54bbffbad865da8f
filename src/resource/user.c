/* SPDX-License-Identifier: ISC */
/* The REST resource of users with Integration Access. */
#include <string.h>

#include "auth/auth.h"
#include "auth/auth_key.h"
#include "auth/scope.h"
#include "hook/dialect.h"
#include "hook/form_type.h"
#include "hook/tenant.h"
#include "resource/collection.h"
#include "resource/credential_resource.h"
#include "resource/user.h"

static route_fn user_create, user_patch;

static const struct collection users = {
	.noun = "User",
	.kind = "user",
	.secret = "secretKey",
	.rekey = SQL_USER_KEY,
	.scopes = KEY_USER_SCOPES,
	.sort_fields = "email id creationDate lastUpdated lastUsed",
	.filter_fields = "email"
};

const struct route user_routes[] = {
	{ "GET", "/applications/:application/users", &dialect_losant,
	    LOSANT_AUTH, SCOPE_USERS_GET, application_find_whole, BODY_NONE,
	    0, credential_resource_list, &users },
	{ "POST", "/applications/:application/users", &dialect_losant,
	    LOSANT_AUTH, SCOPE_USERS_POST, application_find_whole,
	    LOSANT_BODY, user_create, &users },
	{ "GET", "/applications/:application/users/:user", &dialect_losant,
	    LOSANT_AUTH, SCOPE_USER_GET, application_find_whole, BODY_NONE, 0,
	    credential_resource_get, &users },
	{ "PATCH", "/applications/:application/users/:user", &dialect_losant,
	    LOSANT_AUTH, SCOPE_USER_PATCH, application_find_whole,
	    LOSANT_BODY, user_patch, &users },
	{ "DELETE", "/applications/:application/users/:user", &dialect_losant,
	    LOSANT_AUTH, SCOPE_USER_DELETE, application_find_whole, BODY_NONE,
	    0, credential_resource_delete, &users },
	{ "POST", "/applications/:application/users/:user/key",
	    &dialect_losant, LOSANT_AUTH, SCOPE_USER_PATCH,
	    application_find_whole, BODY_NONE, 0, collection_rekey, &users },
	{ 0 }
};

static int
email_field_check(const struct jsn *value, struct err *err)
{
	const char *s = jsn_string(value);

	return s != NULL ? user_email_check(s, err) : err_set(err,
	    ERR_BAD_REQUEST, "email is the wrong type");
}

static const struct field post_fields[] = {
	FIELD_CHECKED("email", FIELD_REQUIRED, email_field_check),
	FIELD_BOOLEAN("integrationAccess", 0),
	FIELD_STRINGS("formIds", 0, 24, 24),
	FIELD_END
};

static const struct field patch_fields[] = {
	FIELD_BOOLEAN("integrationAccess", 0),
	FIELD_END
};

struct properties {
	const char *email;
	const char *access;	/* "true", "false"; NULL: not sent */
	const char *forms;	/* an array's text; NULL: all */
};

int
user_email_check(const char *s, struct err *err)
{
	const struct form_type *type = form_type_find("email", 5);
	const char *wrong = type->check(NULL, s, strlen(s));

	return wrong == NULL ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "email: %s", wrong);
}

static int
user_store(struct req *req, struct resp *resp, const struct properties *p,
    const char *links, struct err *err)
{
	char id[ID_OBJECT_SIZE];
	struct key secret;

	if (key_new(req->principal, KEY_USER_SCOPES, &secret, err) < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(secret.hash), PG_TEXT(secret.prefix),
		PG_TEXT(p->email), PG_TEXT(p->access), PG_TEXT(p->forms),
		PG_TEXT(req->principal->name)
	};
	resp->status = 201;
	return collection_respond_secret(req, resp, SQL_USER_CREATE, values,
	    secret.text, err);
}

static int
user_create(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;
	struct jsn *body;
	int rc;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, post_fields, &body, err) < 0)
		return -1;
	p.email = collection_text(req, body, "email");
	p.access = collection_flag(body, "integrationAccess");
	rc = collection_ids(req, body, "formIds", &p.forms, err);
	jsn_free(&body);
	return rc < 0 ? -1 : user_store(req, resp, &p, links, err);
}

static int
user_patch(struct req *req, struct resp *resp, struct err *err)
{
	const char *links, *access;
	struct jsn *body;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, patch_fields, &body, err) < 0)
		return -1;
	access = collection_flag(body, "integrationAccess");
	jsn_free(&body);
	if (credential_may_enable(req, access, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(access)
	};
	return collection_respond(req, resp, SQL_USER_PATCH, values, err);
}
