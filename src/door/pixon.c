/* SPDX-License-Identifier: ISC */
/*
 * The Pixon door: data sources.  Each call is stored as an event; the newest
 * event is the current value.
 */
#include <string.h>
#include <time.h>

#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "db/pg.h"
#include "door/pixon.h"
#include "event/event.h"
#include "hook/hook.h"

static void pixon_error(const struct req *, const struct err *, struct resp *);
static target_fn datasource_find;
static route_fn datasource_post, datasource_get;

static const struct dialect dialect_pixon = { .name = "pixon",
    .error = pixon_error, .challenge = "Bearer" };

#define RECENT (24 * 60 * 60)	/* seconds; see current_find() */

#define PIXON_AUTH (AUTH_API_KEY | AUTH_AUTHENTICATION | AUTH_BEARER)

const struct route pixon_routes[] = {
	{ "POST", "/hooks/incoming/:guid", &dialect_pixon, PIXON_AUTH,
	    SCOPE_DATASOURCE_POST, datasource_find, BODY_JSON,
	    CONF_LIMIT(pixon_body_limit), datasource_post },
	{ "GET", "/hooks/incoming/:guid", &dialect_pixon, PIXON_AUTH,
	    SCOPE_DATASOURCE_GET, datasource_find, BODY_NONE, 0,
	    datasource_get },
	{ 0 }
};

/* Returns whether a response has a body, problem+json as in ASP.NET: only for
 * errors of the message itself. */
static bool
is_explained(int status)
{
	static const int explained[] = { 400, 408, 411, 413, 414, 415, 417,
	    421, 422, 431, 501, 505 };
	size_t i = 0, n = sizeof(explained) / sizeof(explained[0]);

	while (i < n && explained[i] != status)
		i++;
	return i < n;
}

/* Pixon has no 403: clients without access get 401, and those above a quota
 * 429. */
static void
pixon_error(const struct req *req, const struct err *err, struct resp *resp)
{
	struct buf body;
	char *text;

	if (resp->status == 403)
		resp->status = err->code == ERR_QUOTA ? 429 : 401;
	if (!is_explained(resp->status))
		return;
	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "type", "about:blank");
	jsn_write_string(&body, "title", http_reason(resp->status));
	jsn_write_integer(&body, "status", resp->status);
	if (*req->id != '\0') {
		jsn_write_string(&body, "detail", err->text);
		jsn_write_string(&body, "traceId", req->id);
	}
	jsn_write_end(&body, '}');
	text = arena_take(req->arena, &body);
	http_body(resp, "application/problem+json", text, strlen(text));
}

static int
datasource_find(struct req *req, struct err *err)
{
	char guid[ID_UUID_SIZE];

	if (!id_parse_guid(req->params[0], guid))
		return err_set(err, ERR_NOT_FOUND, "not a GUID");
	return hook_find(req, "datasource", guid, err);
}

static bool
accepts_arrays(const struct hook *hook)
{
	struct jsn *settings = NULL;
	struct err err;
	bool accepts = jsn_parse(hook->settings, strlen(hook->settings),
	    &settings, &err) == 0 &&
	    jsn_is_true(jsn_get(settings, "acceptArrays"));

	jsn_free(&settings);
	return accepts;
}

static int
datasource_post(struct req *req, struct resp *resp, struct err *err)
{
	static const struct event_call call = { .status = EVENT_SUCCESS };

	if (req->body_type != JSN_OBJECT &&
	    !(req->body_type == JSN_ARRAY && accepts_arrays(req->hook)))
		return err_set(err, ERR_BAD_REQUEST,
		    "body: must be a JSON object");
	(void)resp;
	return event_store(req, &call, err);
}

/* Finds the newest event of the hook, or what is kept of the one that retention
 * has deleted.  Looks at the last day first, because a log of several years has
 * many partitions. */
static int
current_find(struct req *req, struct pg_result **row, struct err *err)
{
	char since[ID_UUID_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(req->hook->application),
		PG_TEXT(req->hook->id),
		PG_TEXT(since)
	};

	id_event_floor(time(NULL) - RECENT, since);
	if (pg_run(req->db, SQL_EVENT_CURRENT, values, row, err) < 0)
		return -1;
	if (pg_rows(*row) > 0)
		return 0;
	pg_result_free(row);
	id_event_floor(0, since);
	if (pg_run(req->db, SQL_EVENT_CURRENT, values, row, err) < 0)
		return -1;
	if (pg_rows(*row) > 0)
		return 0;
	pg_result_free(row);
	return pg_run(req->db, SQL_VALUE_KEPT, values, row, err);
}

/* Returns the current value, byte for byte, but decoded: a device need not know
 * a content coding or a byte order mark.  204 before the first POST. */
static int
datasource_get(struct req *req, struct resp *resp, struct err *err)
{
	struct arena *arena = req->arena;
	struct pg_result *row = NULL;
	const char *id, *type, *body;
	size_t len;

	if (current_find(req, &row, err) < 0)
		return -1;
	http_set(resp, "Cache-Control", "private, no-cache");
	if (pg_rows(row) == 0) {
		resp->status = 204;
		pg_result_free(&row);
		return 0;
	}
	id = arena_printf(arena, "\"%s\"", pg_text(row, 0, 0));
	http_set(resp, "ETag", id);
	if (http_etag_matches(http_header(req, "if-none-match", NULL), id)) {
		resp->status = 304;
	} else {
		type = pg_text(row, 0, 1);
		body = pg_bytes(row, 0, 2, &len);
		http_body(resp, type == NULL ? "application/json" :
		    arena_strdup(arena, type), arena_copy(arena, body, len),
		    len);
	}
	pg_result_free(&row);
	return 0;
}
