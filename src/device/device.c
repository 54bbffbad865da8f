/* SPDX-License-Identifier: ISC */
/* The REST resource of devices. */
#include <string.h>

#include "auth/auth.h"
#include "auth/auth_key.h"
#include "auth/scope.h"
#include "db/array.h"
#include "device/device.h"
#include "hook/dialect.h"
#include "hook/label.h"
#include "hook/tenant.h"
#include "resource/collection.h"
#include "resource/credential_resource.h"

static route_fn device_create, device_patch;

static const struct collection devices = {
	.noun = "Device",
	.kind = "device",
	.secret = "key",
	.sort_fields = "name id",
	.filter_fields = "name tag group",
	.list = SQL_DEVICE_LIST,
	.get = SQL_DEVICE_GET,
	.delete = SQL_DEVICE_DELETE,
	.rekey = SQL_DEVICE_KEY,
	.scopes = KEY_DEVICE_SCOPES
};

const struct route device_routes[] = {
	{ "GET", "/applications/:application/devices", &dialect_losant,
	    LOSANT_AUTH, SCOPE_DEVICES_GET, application_find_whole, BODY_NONE,
	    0, collection_list, &devices },
	{ "POST", "/applications/:application/devices", &dialect_losant,
	    LOSANT_AUTH, SCOPE_DEVICES_POST, application_find_whole,
	    LOSANT_BODY, device_create, &devices },
	{ "GET", "/applications/:application/devices/:device",
	    &dialect_losant, LOSANT_AUTH, SCOPE_DEVICE_GET,
	    application_find_whole, BODY_NONE, 0, collection_get, &devices },
	{ "PATCH", "/applications/:application/devices/:device",
	    &dialect_losant, LOSANT_AUTH, SCOPE_DEVICE_PATCH,
	    application_find_whole, LOSANT_BODY, device_patch, &devices },
	{ "DELETE", "/applications/:application/devices/:device",
	    &dialect_losant, LOSANT_AUTH, SCOPE_DEVICE_DELETE,
	    application_find_whole, BODY_NONE, 0, collection_delete, &devices },
	{ "POST", "/applications/:application/devices/:device/key",
	    &dialect_losant, LOSANT_AUTH, SCOPE_DEVICE_PATCH,
	    application_find_whole, BODY_NONE, 0, collection_rekey, &devices },
	{ 0 }
};

static int tags_check(const struct jsn *, struct err *);

static const struct field fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 255),
	FIELD_STRING("description", 0, 0, 32767),
	FIELD_CHECKED("tags", 0, tags_check),
	FIELD_BOOLEAN("enabled", 0),
	FIELD_END
};

struct properties {		/* NULL: not sent */
	const char *name;
	const char *description;
	const char *tags;	/* an array's text */
	const char *enabled;	/* "true", "false" */
};

const char *
device_tags_wrong(const char *const *tags, size_t n)
{
	size_t i, j;

	if (n > DEVICE_TAGS_MAX)
		return "has more items than allowed";
	for (i = 0; i < n; i++) {
		if (tags[i] == NULL)
			return "is the wrong type";
		if (!label_is(tags[i], strlen(tags[i])))
			return "must be 1 to 64 characters each, without "
			    "control characters";
		for (j = 0; j < i; j++)
			if (strcmp(tags[i], tags[j]) == 0)
				return "must be unique";
	}
	return NULL;
}

/* Reads the strings of a list, at most one more than a device may have.
 * Returns how many. */
static size_t
tags_read(const struct jsn *list, const char *out[DEVICE_TAGS_MAX + 1])
{
	size_t n = jsn_length(list), i;

	if (n > DEVICE_TAGS_MAX)
		n = DEVICE_TAGS_MAX + 1;
	for (i = 0; i < n; i++)
		out[i] = jsn_string(jsn_at(list, i));
	return n;
}

static int
tags_check(const struct jsn *list, struct err *err)
{
	const char *tags[DEVICE_TAGS_MAX + 1];
	const char *wrong = jsn_type(list) != JSN_ARRAY ? "is the wrong type" :
	    device_tags_wrong(tags, tags_read(list, tags));

	return wrong == NULL ? 0 : err_set(err, ERR_BAD_REQUEST, "tags %s",
	    wrong);
}

static void
properties_read(struct req *req, const struct jsn *body,
    struct properties *out)
{
	const struct jsn *list = jsn_get(body, "tags");
	const char *tags[DEVICE_TAGS_MAX + 1];

	out->name = collection_text(req, body, "name");
	out->description = collection_text(req, body, "description");
	out->tags = list == NULL ? NULL : array_texts(req->arena, tags,
	    tags_read(list, tags));
	out->enabled = collection_flag(body, "enabled");
}

static int
device_create(struct req *req, struct resp *resp, struct err *err)
{
	char id[ID_OBJECT_SIZE];
	const char *links;
	struct properties p;
	struct key key;
	struct jsn *body;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, fields, &body, err) < 0)
		return -1;
	properties_read(req, body, &p);
	jsn_free(&body);
	if (key_new(req->principal, KEY_DEVICE_SCOPES, &key, err) < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(key.hash), PG_TEXT(key.prefix), PG_TEXT(p.name),
		PG_TEXT(p.description), PG_TEXT(p.tags), PG_TEXT(p.enabled),
		PG_TEXT(req->principal->name)
	};
	resp->status = 201;
	return collection_respond_secret(req, resp, SQL_DEVICE_CREATE, values,
	    key.text, err);
}

static int
device_patch(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;
	struct jsn *body;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, field_optional(req->arena, fields), &body,
	    err) < 0)
		return -1;
	properties_read(req, body, &p);
	jsn_free(&body);
	if (credential_may_enable(req, p.enabled, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(p.name), PG_TEXT(p.description),
		PG_TEXT(p.tags), PG_TEXT(p.enabled)
	};
	return collection_respond(req, resp, SQL_DEVICE_PATCH, values, err);
}

int
device_missing(struct err *err)
{
	return err_set(err, ERR_FORBIDDEN,
	    "the credential is not a device key");
}

int
device_me(struct req *req, struct err *err)
{
	const struct principal *principal = req->principal;

	req->application = principal->credential == NULL ? NULL :
	    auth_application(principal, req->arena);
	return req->application != NULL ? 0 : device_missing(err);
}
