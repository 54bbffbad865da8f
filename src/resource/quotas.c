/* SPDX-License-Identifier: ISC */
/* The REST resources of quotas, and of what applications and organizations
 * use. */
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/quota.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "resource/collection.h"
#include "resource/quotas.h"

static target_fn organization_find;
static route_fn usage_get, quotas_put;

static const struct collection applications = {
	.noun = "Application",
	.get = SQL_APPLICATION_USAGE,
	.patch = SQL_APPLICATION_QUOTAS
};

static const struct collection organizations = {
	.noun = "Organization",
	.get = SQL_ORGANIZATION_USAGE,
	.patch = SQL_ORGANIZATION_QUOTAS
};

const struct route quotas_routes[] = {
	{ "GET", "/applications/:application/usage", &dialect_losant,
	    LOSANT_AUTH, SCOPE_APPLICATION_GET, application_find_whole,
	    BODY_NONE, 0, usage_get, &applications },
	{ "PUT", "/applications/:application/quotas", &dialect_losant,
	    LOSANT_AUTH, SCOPE_QUOTAS_PUT, application_find_whole,
	    LOSANT_BODY, quotas_put, &applications },
	{ "GET", "/organizations/:organization/usage", &dialect_losant,
	    LOSANT_AUTH, SCOPE_APPLICATIONS_GET, organization_find, BODY_NONE,
	    0, usage_get, &organizations },
	{ "PUT", "/organizations/:organization/quotas", &dialect_losant,
	    LOSANT_AUTH, SCOPE_QUOTAS_PUT, organization_find, LOSANT_BODY,
	    quotas_put, &organizations },
	{ 0 }
};

/* Implements target_fn: the principal's own organization is the only one that
 * it reaches. */
static int
organization_find(struct req *req, struct err *err)
{
	const char *id = application_id(req->arena, req->params[0]);
	const char *own = req->principal->organization;

	return id != NULL && own != NULL && strcmp(id, own) == 0 ? 0 :
	    err_set(err, ERR_NOT_FOUND, "Organization was not found");
}

static const char *
owner_id(const struct req *req)
{
	return req->application != NULL ? req->application :
	    req->principal->organization;
}

static int
usage_get(struct req *req, struct resp *resp, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(owner_id(req)) };
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;
	return collection_respond(req, resp, collection_of(req)->get, values,
	    err);
}

/* The body replaces all quotas. */
static int
quotas_put(struct req *req, struct resp *resp, struct err *err)
{
	struct pg_value values[] = { PG_TEXT(owner_id(req)), PG_NULL };
	const char *links;
	struct jsn *body;
	struct buf text;

	if (collection_links(req, &links, err) < 0 ||
	    collection_body(req, quota_fields, &body, err) < 0)
		return -1;
	buf_init(&text);
	jsn_print(body, &text);
	jsn_free(&body);
	values[1].data = arena_take(req->arena, &text);
	return collection_respond(req, resp, collection_of(req)->patch, values,
	    err);
}
