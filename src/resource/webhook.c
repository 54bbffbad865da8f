/* SPDX-License-Identifier: ISC */
/* The REST resource of webhooks, as in Losant. */
#include "auth/scope.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "resource/collection.h"
#include "resource/hook_resource.h"
#include "resource/webhook.h"

static const struct collection webhooks = {
	.noun = "Webhook",
	.kind = "webhook",
	HOOK_RESOURCE_FIELDS,
	.create = SQL_HOOK_CREATE,
	.patch = SQL_WEBHOOK_PATCH
};

const struct route webhook_routes[] = {
	{ "GET", "/applications/:application/webhooks", &dialect_losant,
	    LOSANT_AUTH, SCOPE_WEBHOOKS_GET, application_find, BODY_NONE, 0,
	    hook_resource_list, &webhooks },
	{ "POST", "/applications/:application/webhooks", &dialect_losant,
	    LOSANT_AUTH, SCOPE_WEBHOOKS_POST, application_find_whole,
	    LOSANT_BODY, hook_resource_create, &webhooks },
	{ "GET", "/applications/:application/webhooks/:webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_WEBHOOK_GET,
	    application_find, BODY_NONE, 0, hook_resource_get, &webhooks },
	{ "PATCH", "/applications/:application/webhooks/:webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_WEBHOOK_PATCH,
	    application_find, LOSANT_BODY, hook_resource_patch, &webhooks },
	{ "DELETE", "/applications/:application/webhooks/:webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_WEBHOOK_DELETE,
	    application_find, BODY_NONE, 0, hook_resource_delete, &webhooks },
	{ 0 }
};

