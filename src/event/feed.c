/* SPDX-License-Identifier: ISC */
/* Lists an application's events and returns their bodies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/waitqueue.h"
#include "db/pg.h"
#include "event/cursor.h"
#include "event/feed.h"
#include "event/longpoll.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "http/coding.h"
#include "http/query.h"

#define LIMIT_PRESET 100
#define LIMIT_MAX 1000
#define WAIT_MAX 60		/* seconds */
#define TYPE_MAX 255		/* bytes of a media type that is returned */
#define POLL_MS 5000		/* in case a notification is lost (listen.h) */

static route_fn feed_list, feed_event, feed_body;

#define FEED_AUTH (AUTH_BEARER | AUTH_API_KEY)

const struct route feed_routes[] = {
	{ "GET", "/applications/:application/events", &dialect_creel,
	    FEED_AUTH, SCOPE_EVENT_BODY, application_find, BODY_NONE, 0,
	    feed_list },
	{ "GET", "/applications/:application/events/:event", &dialect_creel,
	    FEED_AUTH, SCOPE_EVENT_BODY, application_find, BODY_NONE, 0,
	    feed_event },
	{ "GET", "/applications/:application/events/:event/body",
	    &dialect_creel, FEED_AUTH, SCOPE_EVENT_BODY, application_find,
	    BODY_NONE, 0, feed_body },
	{ 0 }
};

static const struct cursor_kind kinds[] = {
	{ 'n', "newest", SQL_FEED_NEWEST },
	{ 'h', "oldest", SQL_FEED_HISTORY },
	{ 'f', "", SQL_FEED_FOLLOW },
	CURSOR_KINDS_END
};

/* A requested list, and the position from which it continues. */
struct feed {
	const struct cursor_kind *kind;
	const char *hooks;	/* an array; NULL: all */
	const char *position;
	const char *event;
	const char *limit;
};

static int
feed_continue(struct req *req, const char *text, struct feed *out,
    struct err *err)
{
	struct cursor cursor;

	if (!cursor_parse(text, &cursor) ||
	    (out->kind = cursor_kind(kinds, cursor.kind)) == NULL)
		return err_set(err, ERR_BAD_REQUEST, "cursor: invalid");
	out->position = arena_strdup(req->arena, cursor.position);
	out->event = arena_strdup(req->arena, cursor.event);
	return 0;
}

static int
order_parse(struct req *req, struct feed *out, struct err *err)
{
	out->kind = cursor_begin(kinds, query_text(req, "order"));
	return out->kind != NULL ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "order: must be newest or oldest");
}

/* Sets *out to the requested hooks that the reader has access to. */
static int
hooks_parse(struct req *req, const char **out, struct err *err)
{
	const char *hook = query_text(req, "hookId");
	const char *reach = req->principal->hooks;

	*out = reach;
	if (hook == NULL)
		return 0;
	if ((hook = application_id(req->arena, hook)) == NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "hookId: must be 24 hex digits");
	*out = reach != NULL && !auth_lists(reach, hook) ? "{}" :
	    arena_printf(req->arena, "{%s}", hook);
	return 0;
}

static int
feed_parse(struct req *req, struct feed *out, int64_t *wait, struct err *err)
{
	const char *cursor = query_text(req, "cursor");
	int64_t limit = LIMIT_PRESET;

	memset(out, 0, sizeof(*out));
	*wait = 0;
	if ((cursor == NULL ? order_parse(req, out, err) :
	    feed_continue(req, cursor, out, err)) < 0 ||
	    query_number(req, "limit", 1, LIMIT_MAX, &limit, err) < 0 ||
	    query_number(req, "wait", 0, WAIT_MAX, wait, err) < 0 ||
	    hooks_parse(req, &out->hooks, err) < 0)
		return -1;
	out->limit = arena_printf(req->arena, "%lld", (long long)limit);
	return 0;
}

/* Returns whether a new event could appear in the list: with the newest first,
 * only on the first page. */
static bool
feed_waits(const struct feed *feed)
{
	return feed->kind->letter != 'n' || feed->event == NULL;
}

/* Responds with the row and returns 1.  If it has no events, and must is false,
 * returns 0: then *next is where to continue at once, or NULL. */
static int
feed_respond(struct req *req, const struct pg_result *row, bool must,
    const char **next)
{
	*next = NULL;
	if (!must && strcmp(pg_column(row, "found"), "true") != 0) {
		if (pg_column(row, "next") != NULL)
			*next = arena_strdup(req->arena,
			    pg_column(row, "next"));
		return 0;
	}
	dialect_creel_respond(&req->resp,
	    arena_strdup(req->arena, pg_column(row, "json")));
	return 1;
}

/* Runs the list's statement.  Returns 1 after it has responded, in any case if
 * must is true; 0 if there are no events yet. */
static int
feed_run(struct req *req, struct feed *feed, bool must, struct err *err)
{
	struct pg_result *row = NULL;
	const char *next;
	int rc;

	do {
		const struct pg_value values[] = {
			PG_TEXT(req->application), PG_TEXT(feed->hooks),
			PG_TEXT(feed->position), PG_TEXT(feed->event),
			PG_TEXT(feed->limit)
		};

		if (pg_run(req->db, feed->kind->sql, values, &row, err) < 0)
			return -1;
		rc = feed_respond(req, row, must, &next);
		pg_result_free(&row);
		if (next != NULL && feed_continue(req, next, feed, err) < 0)
			return -1;
	} while (next != NULL);
	return rc;
}

/* Implements poll_fn. */
static int
feed_poll(struct req *req, void *ctx, bool late, struct err *err)
{
	return feed_run(req, ctx, late, err);
}

static int
feed_list(struct req *req, struct resp *resp, struct err *err)
{
	struct feed *feed = arena_alloc(req->arena, sizeof(*feed));
	int64_t wait;

	(void)resp;
	if (feed_parse(req, feed, &wait, err) < 0)
		return -1;
	if (wait == 0 || http_is_head(req) || !feed_waits(feed))
		return feed_run(req, feed, true, err) < 0 ? -1 : 0;
	if (longpoll_reserve(req, err) < 0)
		return -1;
	longpoll_begin(req, LONGPOLL_READER,
	    arena_printf(req->arena, WAITQUEUE_EVENTS "%s", req->application),
	    wait, POLL_MS, feed_poll, feed);
	return HTTP_LATER;
}

/* Sets *row to an event's row; -1 with ERR_NOT_FOUND if the reader may not see
 * it. */
static int
event_find(struct req *req, enum sql_id sql, struct pg_result **row,
    struct err *err)
{
	char event[ID_UUID_SIZE];
	const struct pg_value values[] = { PG_TEXT(req->application),
	    PG_TEXT(event), PG_TEXT(req->principal->hooks) };

	if (!id_parse_guid(req->params[1], event))
		return err_set(err, ERR_NOT_FOUND, "Event was not found");
	if (pg_run(req->db, sql, values, row, err) < 0)
		return -1;
	if (pg_rows(*row) > 0)
		return 0;
	pg_result_free(row);
	return err_set(err, ERR_NOT_FOUND, "Event was not found");
}

static int
feed_event(struct req *req, struct resp *resp, struct err *err)
{
	struct pg_result *row = NULL;

	if (event_find(req, SQL_FEED_EVENT, &row, err) < 0)
		return -1;
	dialect_creel_respond(resp, arena_strdup(req->arena,
	    pg_text(row, 0, 0)));
	pg_result_free(&row);
	return 0;
}

/* The body keeps its type and coding, but a browser must never show it as a
 * page of this site. */
static int
feed_body(struct req *req, struct resp *resp, struct err *err)
{
	struct pg_result *row = NULL;
	const char *body, *type, *coding;
	size_t len;

	if (event_find(req, SQL_FEED_BODY, &row, err) < 0)
		return -1;
	body = pg_bytes(row, 0, 0, &len);
	type = pg_text(row, 0, 1);
	/* Web servers limit the size of response headers. */
	if (type == NULL || strlen(type) > TYPE_MAX)
		type = "application/octet-stream";
	http_body(resp, arena_strdup(req->arena, type),
	    arena_copy(req->arena, body, len), len);
	coding = codings_print(req->arena, pg_text(row, 0, 2));
	pg_result_free(&row);
	if (coding != NULL)
		http_set(resp, "Content-Encoding", coding);
	http_set(resp, "Content-Disposition", "attachment");
	http_set(resp, "Content-Security-Policy", HTTP_SANDBOX);
	http_set(resp, "Cache-Control", "private, no-store");
	return 0;
}
