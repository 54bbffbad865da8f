/* SPDX-License-Identifier: ISC */
/* The REST resource of actions, and their URLs. */
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "hook/action_url.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "http/query.h"
#include "resource/action.h"
#include "resource/collection.h"
#include "resource/hook_resource.h"
#include "resource/key_reveal.h"

static route_fn action_url;

static const struct collection actions = {
	.noun = "Action",
	.kind = "action",
	HOOK_RESOURCE_FIELDS,
	.create = SQL_ACTION_CREATE,
	.patch = SQL_ACTION_PATCH
};

const struct route action_routes[] = {
	{ "GET", "/applications/:application/actions", &dialect_losant,
	    LOSANT_AUTH, SCOPE_ACTIONS_GET, application_find, BODY_NONE, 0,
	    hook_resource_list, &actions },
	{ "POST", "/applications/:application/actions", &dialect_losant,
	    LOSANT_AUTH, SCOPE_ACTIONS_POST, application_find_whole,
	    LOSANT_BODY, hook_resource_create, &actions },
	{ "GET", "/applications/:application/actions/:action",
	    &dialect_losant, LOSANT_AUTH, SCOPE_ACTION_GET,
	    application_find, BODY_NONE, 0, hook_resource_get, &actions },
	{ "PATCH", "/applications/:application/actions/:action",
	    &dialect_losant, LOSANT_AUTH, SCOPE_ACTION_PATCH,
	    application_find, LOSANT_BODY, hook_resource_patch, &actions },
	{ "DELETE", "/applications/:application/actions/:action",
	    &dialect_losant, LOSANT_AUTH, SCOPE_ACTION_DELETE,
	    application_find, BODY_NONE, 0, hook_resource_delete, &actions },
	/* The URL contains the key. */
	{ "GET", "/applications/:application/actions/:action/url",
	    &dialect_losant, LOSANT_AUTH, SCOPE_KEY_VIEW,
	    application_find_whole, BODY_NONE, 0, action_url, &actions },
	{ 0 }
};

static int
action_url(struct req *req, struct resp *resp, struct err *err)
{
	const char *key = query_text(req, "apiKeyId"), *links, *rest;
	const char *secret, *text;
	struct action_url url = {
		.application = req->application,
		.action = collection_id(req),
		.hooks = req->principal->hooks,
		.sensor_id = query_text(req, "sensorId"),
		.sensor_event = query_text(req, "sensorEvent"),
		.sensor_value = query_text(req, "sensorValue")
	};
	struct buf json;

	if (collection_links(req, &links, err) < 0)
		return -1;
	if (key == NULL)
		return err_set(err, ERR_BAD_REQUEST, "apiKeyId is required");
	url.key = application_id(req->arena, key);
	if (action_url_prepare(req->arena, req->db, &url,
	    req->services->conf->wallboard_query_limit, &rest, err) < 0 ||
	    key_reveal(req, url.key, &secret, err) < 0)
		return -1;
	text = action_url_make(req->arena, http_base(req), secret, rest);
	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_string(&json, "url", text);
	jsn_write_end(&json, '}');
	dialect_losant_respond(resp, arena_take(req->arena, &json));
	return 0;
}
