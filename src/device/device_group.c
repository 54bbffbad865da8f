/* SPDX-License-Identifier: ISC */
/* The REST resource of device groups. */
#include "auth/scope.h"
#include "device/device_group.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "resource/collection.h"

static route_fn group_create, group_get, group_patch;
static route_fn group_devices;

static const struct collection groups = {
	.noun = "Device Group",
	.sort_fields = "name id creationDate lastUpdated",
	.filter_fields = "name",
	.list = SQL_GROUP_LIST,
	.delete = SQL_GROUP_DELETE
};

const struct route device_group_routes[] = {
	{ "GET", "/applications/:application/device-groups",
	    &dialect_losant, LOSANT_AUTH, SCOPE_GROUPS_GET,
	    application_find_whole, BODY_NONE, 0, collection_list, &groups },
	{ "POST", "/applications/:application/device-groups",
	    &dialect_losant, LOSANT_AUTH, SCOPE_GROUPS_POST,
	    application_find_whole, LOSANT_BODY, group_create, &groups },
	{ "GET", "/applications/:application/device-groups/:group",
	    &dialect_losant, LOSANT_AUTH, SCOPE_GROUP_GET,
	    application_find_whole, BODY_NONE, 0, group_get, &groups },
	{ "PATCH", "/applications/:application/device-groups/:group",
	    &dialect_losant, LOSANT_AUTH, SCOPE_GROUP_PATCH,
	    application_find_whole, LOSANT_BODY, group_patch, &groups },
	{ "DELETE", "/applications/:application/device-groups/:group",
	    &dialect_losant, LOSANT_AUTH, SCOPE_GROUP_DELETE,
	    application_find_whole, BODY_NONE, 0, collection_delete, &groups },
	{ "POST", "/applications/:application/device-groups/:group/devices",
	    &dialect_losant, LOSANT_AUTH, SCOPE_GROUP_PATCH,
	    application_find_whole, LOSANT_BODY, group_devices, &groups },
	{ 0 }
};

/* The devices of a group are always sorted by id. */
static const struct collection members = {
	.sort_fields = "id",
	.filter_fields = ""
};

static const struct field fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 255),
	FIELD_STRING("description", 0, 0, 32767),
	FIELD_STRINGS("deviceIds", 0, 24, 24),
	FIELD_END
};

static const struct field devices_fields[] = {
	FIELD_STRINGS("add", 0, 24, 24),
	FIELD_STRINGS("remove", 0, 24, 24),
	FIELD_END
};

static int
group_create(struct req *req, struct resp *resp, struct err *err)
{
	const char *links, *name, *description, *ids = NULL;
	char id[ID_OBJECT_SIZE];
	struct jsn *body;
	int rc;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, fields, &body, err) < 0)
		return -1;
	name = collection_text(req, body, "name");
	description = collection_text(req, body, "description");
	rc = collection_ids(req, body, "deviceIds", &ids, err);
	jsn_free(&body);
	if (rc < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(name), PG_TEXT(description), PG_TEXT(ids)
	};
	resp->status = 201;
	return collection_respond(req, resp, SQL_GROUP_CREATE, values, err);
}

static int
group_get(struct req *req, struct resp *resp, struct err *err)
{
	struct collection_query q;

	if (collection_query(req, &members, &q, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(q.links), PG_TEXT(q.page), PG_TEXT(q.per_page)
	};
	return collection_respond(req, resp, SQL_GROUP_GET, values, err);
}

/* Changes a group; table is the fields of the body: all, or only the
 * devices. */
static int
group_change(struct req *req, struct resp *resp, const struct field *table,
    struct err *err)
{
	const char *links, *name, *description;
	const char *ids = NULL, *add = NULL, *removed = NULL;
	struct jsn *body;
	int rc;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, table, &body, err) < 0)
		return -1;
	name = collection_text(req, body, "name");
	description = collection_text(req, body, "description");
	rc = collection_ids(req, body, "deviceIds", &ids, err);
	if (rc == 0)
		rc = collection_ids(req, body, "add", &add, err);
	if (rc == 0)
		rc = collection_ids(req, body, "remove", &removed, err);
	jsn_free(&body);
	if (rc < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(name), PG_TEXT(description),
		PG_TEXT(ids), PG_TEXT(add), PG_TEXT(removed)
	};
	return collection_respond(req, resp, SQL_GROUP_PATCH, values, err);
}

static int
group_patch(struct req *req, struct resp *resp, struct err *err)
{
	return group_change(req, resp, field_optional(req->arena, fields),
	    err);
}

static int
group_devices(struct req *req, struct resp *resp, struct err *err)
{
	return group_change(req, resp, devices_fields, err);
}
