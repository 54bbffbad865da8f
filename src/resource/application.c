/* SPDX-License-Identifier: ISC */
/* The REST resource of applications, as in Losant. */
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "http/urlencoded.h"
#include "resource/application.h"
#include "resource/collection.h"

static target_fn organization_require;
static route_fn application_list, application_create;
static route_fn application_get, application_patch, application_delete;

static const struct collection applications = {
	.noun = "Application",
	.sort_fields = "name id creationDate ownerId lastUpdated",
	.filter_fields = "name"
};

const struct route application_routes[] = {
	{ "GET", "/applications", &dialect_losant, LOSANT_AUTH,
	    SCOPE_APPLICATIONS_GET, NULL, BODY_NONE, 0, application_list,
	    &applications },
	{ "POST", "/applications", &dialect_losant, LOSANT_AUTH,
	    SCOPE_APPLICATIONS_POST, organization_require, LOSANT_BODY,
	    application_create, &applications },
	{ "GET", "/applications/:application", &dialect_losant, LOSANT_AUTH,
	    SCOPE_APPLICATION_GET, application_find, BODY_NONE, 0,
	    application_get, &applications },
	{ "PATCH", "/applications/:application", &dialect_losant, LOSANT_AUTH,
	    SCOPE_APPLICATION_PATCH, application_find_whole, LOSANT_BODY,
	    application_patch, &applications },
	{ "DELETE", "/applications/:application", &dialect_losant,
	    LOSANT_AUTH, SCOPE_APPLICATION_DELETE, application_find_whole,
	    BODY_NONE, 0, application_delete, &applications },
	{ 0 }
};

static const struct field post_fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 255),
	FIELD_STRING("description", 0, 0, 1024),
	FIELD_STRING("orgId", 0, 24, 24),
	FIELD_END
};

static const struct field patch_fields[] = {
	FIELD_STRING("name", 0, 1, 255),
	FIELD_STRING("description", 0, 0, 1024),
	FIELD_END
};

static int
organization_require(struct req *req, struct err *err)
{
	return req->principal->organization != NULL ? 0 : err_set(err,
	    ERR_FORBIDDEN, "the credential belongs to no organization");
}

/* Sets *out to the requested owner of applications: an organization's id, ""
 * for none, NULL for any. */
static int
owner_read(struct req *req, const char **out, struct err *err)
{
	const char *id = urlencoded_get(req->arena, req->query, "orgId");

	*out = id;
	if (id == NULL || *id == '\0')
		return 0;
	*out = application_id(req->arena, id);
	return *out != NULL ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "orgId pattern mismatch");
}

static int
application_list(struct req *req, struct resp *resp, struct err *err)
{
	struct collection_query q;
	const char *owner;

	if (collection_query(req, &applications, &q, err) < 0 ||
	    owner_read(req, &owner, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->principal->applications),
		PG_TEXT(req->principal->organization), PG_TEXT(owner),
		PG_TEXT(q.links), PG_TEXT(q.sort), PG_TEXT(q.direction),
		PG_TEXT(q.page), PG_TEXT(q.per_page), PG_TEXT(q.field),
		PG_TEXT(q.filter), PG_TEXT(q.pattern)
	};
	return collection_respond(req, resp, SQL_APPLICATION_LIST, values, err);
}

/* An application belongs to the client's organization; orgId, if it is sent,
 * must be the same. */
static int
owner_check(const struct req *req, const char *id, struct err *err)
{
	if (id == NULL)
		return 0;
	if ((id = application_id(req->arena, id)) == NULL)
		return err_set(err, ERR_BAD_REQUEST, "orgId pattern mismatch");
	return strcmp(id, req->principal->organization) == 0 ? 0 :
	    err_set(err, ERR_FORBIDDEN,
	    "the credential belongs to another organization");
}

static int
application_create(struct req *req, struct resp *resp, struct err *err)
{
	char id[ID_OBJECT_SIZE];
	const char *links, *name, *description, *owner;
	struct jsn *body;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, post_fields, &body, err) < 0)
		return -1;
	name = collection_text(req, body, "name");
	description = collection_text(req, body, "description");
	owner = collection_text(req, body, "orgId");
	jsn_free(&body);
	if (owner_check(req, owner, err) < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(req->principal->organization), PG_TEXT(id),
		PG_TEXT(links), PG_TEXT(name), PG_TEXT(description)
	};
	resp->status = 201;
	if (collection_respond(req, resp, SQL_APPLICATION_CREATE, values,
	    err) == 0)
		return 0;
	/* The token names an organization that does not exist. */
	return err->code == ERR_NOT_FOUND ? err_set(err, ERR_FORBIDDEN,
	    "the credential belongs to no organization") : -1;
}

static int
application_get(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(links)
	};
	return collection_respond(req, resp, SQL_APPLICATION_GET, values, err);
}

static int
application_patch(struct req *req, struct resp *resp, struct err *err)
{
	const char *links, *name, *description;
	struct jsn *body;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, patch_fields, &body, err) < 0)
		return -1;
	name = collection_text(req, body, "name");
	description = collection_text(req, body, "description");
	jsn_free(&body);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(links), PG_TEXT(name),
		PG_TEXT(description)
	};
	return collection_respond(req, resp, SQL_APPLICATION_PATCH, values,
	    err);
}

static int
application_delete(struct req *req, struct resp *resp, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(req->application) };
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;
	return collection_respond(req, resp, SQL_APPLICATION_DELETE, values,
	    err);
}
