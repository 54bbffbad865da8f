/*
 * Losant's webhooks.  The answers are made by the statements; what is here
 * reads the body and the query.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "db/pg.h"
#include "http/form.h"
#include "resource/application.h"
#include "resource/dialect.h"
#include "resource/hook.h"
#include "resource/webhook.h"

static void losant_error(const struct req *, const struct err *,
    struct resp *);
static route_fn webhook_list, webhook_create;
static route_fn webhook_get, webhook_patch, webhook_delete;

static const struct dialect dialect_losant = { "losant", losant_error,
    "Bearer" };

#define LOSANT_AUTH (AUTH_API_KEY | AUTH_BEARER)
#define LOSANT_BODY BODY_ANY, CONF_LIMIT(losant_body_limit)

const struct route webhook_routes[] = {
	{ "GET", "/applications/:application/webhooks", &dialect_losant,
	    LOSANT_AUTH, SCOPE_WEBHOOKS_GET, application_find, BODY_NONE, 0,
	    webhook_list },
	{ "POST", "/applications/:application/webhooks", &dialect_losant,
	    LOSANT_AUTH, SCOPE_WEBHOOKS_POST, application_find, LOSANT_BODY,
	    webhook_create },
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

/* What Losant puts on every answer of its API. */
static void
set_headers(struct resp *resp)
{
	http_set(resp, "Cache-Control",
	    "no-cache, no-store, must-revalidate");
	http_set(resp, "Pragma", "no-cache");
	http_set(resp, "Access-Control-Allow-Origin", "*");
}

/* Losant knows no path that is not there, only methods that are not allowed;
 * and it does not say why somebody is not let in (WIRE 1.4). */
static void
losant_error(const struct req *req, const struct err *why, struct resp *resp)
{
	struct err err = *why;

	if (err.code == ERR_NOT_FOUND && req->route == NULL)
		err_set(&err, ERR_METHOD_NOT_ALLOWED, "%.32s is not allowed",
		    req->method);
	else if (err.code == ERR_UNAUTHORIZED)
		err_set(&err, ERR_UNAUTHORIZED, "Unauthorized");
	resp->status = err_status(err.code);
	set_headers(resp);
	dialect_creel.error(req, &err, resp);
}

/*
 * The query.  A parameter that is blank is as good as absent.
 */
struct choice {
	const char *name;
	const char *fallback;
	const char *words;	/* what it may be, a space between */
};

static const struct choice sort_fields = { "sortField", "name",
    "name id creationDate lastUpdated" };
static const struct choice sort_directions = { "sortDirection", "asc",
    "asc desc ASC DESC" };
static const struct choice filter_fields = { "filterField", NULL, "name" };
/* Every operation takes these; only _links has an effect. */
static const struct choice decorations[] = {
	{ "_actions", "false", "true false True False" },
	{ "_embedded", "false", "true false True False" },
	{ "_links", "false", "true false True False" }
};

/* The value of a parameter, NULL if there is none. */
static const char *
query_get(struct req *req, const char *name)
{
	const char *value = form_get(req->arena, req->query, name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static bool
is_among(const char *words, const char *value)
{
	size_t n;

	for (; *words != '\0'; words += n + strspn(words + n, " ")) {
		n = strcspn(words, " ");
		if (strlen(value) == n && memcmp(words, value, n) == 0)
			return true;
	}
	return false;
}

static int
query_choose(struct req *req, const struct choice *choice, const char **out,
    struct err *err)
{
	const char *value = query_get(req, choice->name);

	if (value != NULL && !is_among(choice->words, value))
		return err_set(err, ERR_BAD_REQUEST,
		    "%s must be an enum value", choice->name);
	*out = value == NULL ? choice->fallback : value;
	return 0;
}

/* A whole number; one that is too large for any use is INT32_MAX or a bit
 * more. */
static int
query_number(struct req *req, const char *name, int64_t *out, struct err *err)
{
	const char *value = query_get(req, name), *p = value;
	int64_t n = 0;

	if (value == NULL)
		return 0;
	p += *p == '-';
	if (*p == '\0' || p[strspn(p, "0123456789")] != '\0')
		return err_set(err, ERR_BAD_REQUEST, "%s is the wrong type",
		    name);
	for (; *p != '\0'; p++)
		if (n <= INT32_MAX)
			n = n * 10 + (*p - '0');
	*out = *value == '-' ? -n : n;
	return 0;
}

/* What every operation takes; *links is "true" or "false". */
static int
query_decorations(struct req *req, const char **links, struct err *err)
{
	size_t i;

	/* Nothing that is asked for holds a NUL, which would end a text. */
	if (strstr(req->query, "%00") != NULL)
		return err_set(err, ERR_BAD_REQUEST, "the query holds a NUL");
	for (i = 0; i < sizeof(decorations) / sizeof(decorations[0]); i++)
		if (query_choose(req, &decorations[i], links, err) < 0)
			return -1;
	*links = strcasecmp(*links, "true") == 0 ? "true" : "false";
	return 0;
}

/* Which page: the first is 0, and a page has 1 to 1000 webhooks. */
static int
query_page(struct req *req, const char **page, const char **per_page,
    struct err *err)
{
	int64_t number = 0, size = 100;

	if (query_number(req, "page", &number, err) < 0 ||
	    query_number(req, "perPage", &size, err) < 0)
		return -1;
	if (number < 0 || number > INT32_MAX)
		return err_set(err, ERR_BAD_REQUEST, "page is %s",
		    number < 0 ? "less than minimum" : "more than maximum");
	size = size < 1 ? 1 : size > 1000 ? 1000 : size;
	*page = arena_printf(req->arena, "%" PRId64, number);
	*per_page = arena_printf(req->arena, "%" PRId64, size);
	return 0;
}

/* A glob as SQL's LIKE has it: only the star is more than itself. */
static const char *
glob_pattern(struct arena *arena, const char *glob)
{
	struct buf pattern;

	buf_init(&pattern);
	for (; *glob != '\0'; glob++) {
		if (strchr("%_\\", *glob) != NULL)
			buf_addch(&pattern, '\\');
		buf_addch(&pattern, *glob == '*' ? '%' : *glob);
	}
	return arena_take(arena, &pattern);
}

static bool
is_utf8(const char *s)
{
	size_t n;

	for (; *s != '\0'; s += n)
		if ((n = jsn_utf8(s, strlen(s))) == 0)
			return false;
	return true;
}

/* *pattern is NULL when there is nothing to filter by. */
static int
query_filter(struct req *req, const char **field, const char **filter,
    const char **pattern, struct err *err)
{
	if (query_choose(req, &filter_fields, field, err) < 0)
		return -1;
	*filter = query_get(req, "filter");
	if (*filter != NULL && !is_utf8(*filter))
		return err_set(err, ERR_BAD_REQUEST,
		    "filter is the wrong type");
	*pattern = *field == NULL || *filter == NULL ? NULL :
	    glob_pattern(req->arena, *filter);
	return 0;
}

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

static const char *
string_copy(struct arena *arena, const struct jsn *value)
{
	const char *s = jsn_string(value);

	return s == NULL ? NULL : arena_strdup(arena, s);
}

/* flags: of the name. */
static int
body_parse(struct req *req, unsigned flags, struct properties *out,
    struct err *err)
{
	struct arena *arena = req->arena;
	const struct jsn *enabled;
	struct jsn *body = NULL;
	int rc;

	if (req->body_len > JSN_TREE_SIZE)
		return err_set(err, ERR_TOO_LARGE,
		    "the body is larger than %d bytes", JSN_TREE_SIZE);
	if (jsn_parse(req->body, req->body_len, &body, err) < 0)
		return err->code != ERR_BAD_REQUEST ? -1 :
		    err_set(err, ERR_BAD_REQUEST, "Invalid JSON body");
	rc = field_check(body, fields_all(arena, flags), err);
	if (rc == 0) {
		out->name = string_copy(arena, jsn_get(body, "name"));
		out->description = string_copy(arena,
		    jsn_get(body, "description"));
		enabled = jsn_get(body, "enabled");
		out->enabled = enabled == NULL ? NULL :
		    jsn_is_true(enabled) ? "true" : "false";
		out->settings = settings_json(arena, body);
	}
	jsn_free(&body);
	return rc;
}

/*
 * Runs a statement and answers with the JSON that it gives.  No row: there is
 * no such application.  NULL: no such webhook, or a second column names the
 * property that stays as it is.
 */
static int
answer(struct req *req, struct resp *resp, enum sql_id sql,
    const struct pg_value *values, struct err *err)
{
	struct pg_result *row = NULL;
	const char *json;
	int rc = 0;

	if (pg_run(req->db, sql, values, &row, err) < 0)
		/* The application went while a webhook was being made. */
		return err->code == ERR_CONFLICT ? application_missing(err) :
		    -1;
	if (pg_rows(row) == 0) {
		rc = application_missing(err);
	} else if ((json = pg_text(row, 0, 0)) != NULL) {
		json = arena_strdup(req->arena, json);
		http_body(resp, "application/json", json, strlen(json));
		set_headers(resp);
	} else if (pg_columns(row) > 1 && pg_text(row, 0, 1) != NULL) {
		rc = err_set(err, ERR_BAD_REQUEST, "%s cannot be changed",
		    pg_text(row, 0, 1));
	} else {
		rc = err_set(err, ERR_NOT_FOUND, "Webhook was not found");
	}
	pg_result_free(&row);
	return rc;
}

/* The id in the path; NULL, which no webhook has, for what is none. */
static const char *
webhook_id(const struct req *req)
{
	return application_id(req->arena, req->params[1]);
}

static int
webhook_list(struct req *req, struct resp *resp, struct err *err)
{
	const char *links = NULL, *sort = NULL, *direction = NULL;
	const char *page = NULL, *per_page = NULL;
	const char *field = NULL, *filter = NULL, *pattern = NULL;

	if (query_decorations(req, &links, err) < 0 ||
	    query_choose(req, &sort_fields, &sort, err) < 0 ||
	    query_choose(req, &sort_directions, &direction, err) < 0 ||
	    query_page(req, &page, &per_page, err) < 0 ||
	    query_filter(req, &field, &filter, &pattern, err) < 0)
		return -1;
	direction = strcasecmp(direction, "desc") == 0 ? "desc" : "asc";

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->hooks),
		PG_TEXT(links), PG_TEXT(sort), PG_TEXT(direction),
		PG_TEXT(page), PG_TEXT(per_page), PG_TEXT(field),
		PG_TEXT(filter), PG_TEXT(pattern)
	};
	return answer(req, resp, SQL_WEBHOOK_LIST, values, err);
}

static int
webhook_create(struct req *req, struct resp *resp, struct err *err)
{
	char id[ID_OBJECT_SIZE], token[HOOK_HANDLE_SIZE];
	struct properties p;
	const char *links;

	if (req->principal->hooks != NULL)
		return err_set(err, ERR_FORBIDDEN,
		    "the credential is restricted to other hooks");
	if (query_decorations(req, &links, err) < 0 ||
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

	if (query_decorations(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(webhook_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links)
	};
	return answer(req, resp, SQL_WEBHOOK_GET, values, err);
}

static int
webhook_patch(struct req *req, struct resp *resp, struct err *err)
{
	struct properties p;
	const char *links;

	if (query_decorations(req, &links, err) < 0 ||
	    body_parse(req, 0, &p, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(webhook_id(req)),
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

	if (query_decorations(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(webhook_id(req)),
		PG_TEXT(req->principal->hooks)
	};
	return answer(req, resp, SQL_WEBHOOK_DELETE, values, err);
}
