/* Losant's webhooks. */
#include <inttypes.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "resource/application.h"
#include "resource/collection.h"
#include "resource/dialect.h"
#include "resource/hook.h"
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

/*
 * The body: a webhook's properties.  Those that are columns come first in the
 * table, then the kind's settings.
 */
static const struct field columns[] = {
	FIELD_STRING("name", 0, 1, 255),
	FIELD_STRING("description", 0, 0, 32767),
	FIELD_BOOLEAN("enabled", 0),
	FIELD_END
};

struct properties {		/* NULL: not sent */
	const char *name;
	const char *description;
	const char *enabled;	/* "true", "false" */
	const char *settings;	/* a JSON object, always */
};

static size_t
fields_count(const struct field *fields)
{
	size_t n = 0;

	while (fields[n].type != FIELD_TYPE_END)
		n++;
	return n;
}

/* Everything that may be set; flags are those of the name, which is the only
 * property that ever has any. */
static const struct field *
fields_all(struct arena *arena, unsigned flags)
{
	const struct field *settings = hook_kind("webhook")->settings;
	size_t n = fields_count(columns), more = fields_count(settings) + 1;
	struct field *all = arena_alloc(arena, (n + more) * sizeof(*all));

	memcpy(all, columns, n * sizeof(*all));
	memcpy(all + n, settings, more * sizeof(*all));
	all[0].flags = flags;
	return all;
}

/* The settings that were sent, as an object.  200.0 and 2e2 are integers, and
 * stored as 200. */
static const char *
settings_json(struct arena *arena, const struct jsn *body)
{
	const struct field *f = hook_kind("webhook")->settings;
	const struct jsn *value;
	struct buf out;
	int64_t n;

	buf_init(&out);
	buf_addch(&out, '{');
	for (; f->type != FIELD_TYPE_END; f++) {
		if ((value = jsn_get(body, f->name)) == NULL)
			continue;
		buf_printf(&out, "%s\"%s\":", out.len > 1 ? "," : "", f->name);
		if (jsn_integer(value, &n))
			buf_printf(&out, "%" PRId64, n);
		else
			jsn_print(value, &out);
	}
	buf_addch(&out, '}');
	return arena_take(arena, &out);
}

/* flags: of the name. */
static int
body_parse(struct req *req, unsigned flags, struct properties *out,
    struct err *err)
{
	const struct jsn *enabled;
	struct jsn *body;

	if (collection_body(req, fields_all(req->arena, flags), &body,
	    err) < 0)
		return -1;
	out->name = collection_text(req, body, "name");
	out->description = collection_text(req, body, "description");
	enabled = jsn_get(body, "enabled");
	out->enabled = enabled == NULL ? NULL :
	    jsn_is_true(enabled) ? "true" : "false";
	out->settings = settings_json(req->arena, body);
	jsn_free(&body);
	return 0;
}

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
	struct properties p;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    body_parse(req, FIELD_REQUIRED, &p, err) < 0)
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
	struct properties p;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    body_parse(req, 0, &p, err) < 0)
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
