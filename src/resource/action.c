/* Actions. */
#include "auth/scope.h"
#include "resource/application.h"
#include "resource/dialect.h"
#include "resource/hook_resource.h"
#include "resource/action.h"

static route_fn action_list, action_create;
static route_fn action_get, action_patch, action_delete;

const struct route action_routes[] = {
	{ "GET", "/applications/:application/actions", &dialect_losant,
	    LOSANT_AUTH, SCOPE_ACTIONS_GET, application_find, BODY_NONE, 0,
	    action_list },
	{ "POST", "/applications/:application/actions", &dialect_losant,
	    LOSANT_AUTH, SCOPE_ACTIONS_POST, application_find_whole,
	    LOSANT_BODY, action_create },
	{ "GET", "/applications/:application/actions/:action",
	    &dialect_losant, LOSANT_AUTH, SCOPE_ACTION_GET,
	    application_find, BODY_NONE, 0, action_get },
	{ "PATCH", "/applications/:application/actions/:action",
	    &dialect_losant, LOSANT_AUTH, SCOPE_ACTION_PATCH,
	    application_find, LOSANT_BODY, action_patch },
	{ "DELETE", "/applications/:application/actions/:action",
	    &dialect_losant, LOSANT_AUTH, SCOPE_ACTION_DELETE,
	    application_find, BODY_NONE, 0, action_delete },
	{ 0 }
};

static const struct hook_resource actions = { "action", "Action",
    SQL_ACTION_LIST, SQL_ACTION_CREATE,
    SQL_ACTION_GET, SQL_ACTION_PATCH, SQL_ACTION_DELETE };

static int
action_list(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_list(req, resp, &actions, err);
}

static int
action_create(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_create(req, resp, &actions, err);
}

static int
action_get(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_get(req, resp, &actions, err);
}

static int
action_patch(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_patch(req, resp, &actions, err);
}

static int
action_delete(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_delete(req, resp, &actions, err);
}
