/* Losant's webhooks. */
#include "auth/auth.h"
#include "auth/scope.h"
#include "resource/application.h"
#include "resource/collection.h"
#include "resource/dialect.h"
#include "resource/hook.h"
#include "resource/hook_body.h"
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

static const struct collection webhooks = {
	.sort_fields = "name id creationDate lastUpdated",
	.filter_fields = "name"
};

static int
answer(struct req *req, struct resp *resp, enum sql_id sql,
    const struct pg_value *values, struct err *err)
{
	return collection_answer(req, resp, sql, values, "Webhook", err);
}

static int
webhook_list(struct req *req, struct resp *resp, struct err *err)
{
	struct collection_query q;

	if (collection_query(req, &webhooks, &q, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->hooks),
		PG_TEXT(q.links), PG_TEXT(q.sort), PG_TEXT(q.direction),
		PG_TEXT(q.page), PG_TEXT(q.per_page), PG_TEXT(q.field),
		PG_TEXT(q.filter), PG_TEXT(q.pattern)
	};
	return answer(req, resp, SQL_WEBHOOK_LIST, values, err);
}

static int
webhook_create(struct req *req, struct resp *resp, struct err *err)
{
	char id[ID_OBJECT_SIZE], token[HOOK_HANDLE_SIZE];
	struct hook_body p;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    hook_body_parse(req, "webhook", true, &p, err) < 0)
		return -1;
	id_object(id);
	hook_kind("webhook")->new_handle(token);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(token), PG_TEXT(p.name), PG_TEXT(p.description),
		PG_TEXT(p.enabled), PG_TEXT(p.settings)
	};
	resp->status = 201;
	return answer(req, resp, SQL_WEBHOOK_CREATE, values, err);
}

static int
webhook_get(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links)
	};
	return answer(req, resp, SQL_WEBHOOK_GET, values, err);
}

static int
webhook_patch(struct req *req, struct resp *resp, struct err *err)
{
	struct hook_body p;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    hook_body_parse(req, "webhook", false, &p, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links),
		PG_TEXT(p.name), PG_TEXT(p.description), PG_TEXT(p.enabled),
		PG_TEXT(p.settings)
	};
	return answer(req, resp, SQL_WEBHOOK_PATCH, values, err);
}

/* includeWorkflows has nothing to include here. */
static int
webhook_delete(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks)
	};
	return answer(req, resp, SQL_WEBHOOK_DELETE, values, err);
}
