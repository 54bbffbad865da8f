/* SPDX-License-Identifier: ISC */
/* Losant's webhooks. */
#include "auth/scope.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "resource/hook_resource.h"
#include "resource/webhook.h"

static route_fn webhook_list, webhook_create;
static route_fn webhook_get, webhook_patch, webhook_delete;

const struct route webhook_routes[] = {
	{ "GET", "/applications/:application/webhooks", &dialect_losant,
	    LOSANT_AUTH, SCOPE_WEBHOOKS_GET, application_find, BODY_NONE, 0,
	    webhook_list },
	{ "POST", "/applications/:application/webhooks", &dialect_losant,
	    LOSANT_AUTH, SCOPE_WEBHOOKS_POST, application_find_whole,
	    LOSANT_BODY, webhook_create },
	{ "GET", "/applications/:application/webhooks/:webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_WEBHOOK_GET,
	    application_find, BODY_NONE, 0, webhook_get },
	{ "PATCH", "/applications/:application/webhooks/:webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_WEBHOOK_PATCH,
	    application_find, LOSANT_BODY, webhook_patch },
	{ "DELETE", "/applications/:application/webhooks/:webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_WEBHOOK_DELETE,
	    application_find, BODY_NONE, 0, webhook_delete },
	{ 0 }
};

static const struct hook_resource webhooks = { "webhook", "Webhook",
    SQL_HOOK_CREATE, SQL_WEBHOOK_PATCH };

static int
webhook_list(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_list(req, resp, &webhooks, err);
}

static int
webhook_create(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_create(req, resp, &webhooks, err);
}

static int
webhook_get(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_get(req, resp, &webhooks, err);
}

static int
webhook_patch(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_patch(req, resp, &webhooks, err);
}

/* includeWorkflows has nothing to include here. */
static int
webhook_delete(struct req *req, struct resp *resp, struct err *err)
{
	return hook_resource_delete(req, resp, &webhooks, err);
}
