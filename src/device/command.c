/* SPDX-License-Identifier: ISC */
/* Returns a device's commands, and waits for new ones. */
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/waitqueue.h"
#include "db/pg.h"
#include "device/command.h"
#include "device/device.h"
#include "event/cursor.h"
#include "event/longpoll.h"
#include "hook/dialect.h"
#include "http/query.h"

#define LIMIT_PRESET 100
#define LIMIT_MAX 1000
#define WAIT_MAX 60		/* seconds */
#define POLL_MS 5000		/* in case a notification is lost (listen.h) */
#define CURSOR_KIND 'c'

static route_fn command_list;

const struct route command_routes[] = {
	{ "GET", "/devices/me/commands", &dialect_creel,
	    AUTH_API_KEY | AUTH_BEARER | AUTH_QUERY, SCOPE_COMMANDS_GET,
	    device_me, BODY_NONE, 0, command_list },
	{ 0 }
};

/* A request for commands, and the position from which it continues. */
struct following {
	struct cursor cursor;
	const char *limit;
};

/* The columns of COMMAND_FOLLOW. */
enum column {
	COMMAND_RESPONSE,
	COMMAND_FOUND,
	COMMAND_MORE,
	COMMAND_POSITION,
	COMMAND_EVENT
};

/* Parses DEVICE:c:POSITION:EVENT: a cursor is valid for one device. */
static int
cursor_read(const struct req *req, const char *text, struct cursor *out,
    struct err *err)
{
	const char *device = req->principal->credential;
	size_t n = strlen(device);

	if (strncmp(text, device, n) == 0 && text[n] == ':' &&
	    cursor_parse(text + n + 1, out) && out->kind == CURSOR_KIND)
		return 0;
	return err_set(err, ERR_BAD_REQUEST,
	    "after: not a cursor of this device");
}

/* Stores the position up to which the device has read, and sets the cursor from
 * which it continues. */
static int
begin(struct req *req, const char *after, struct cursor *cursor,
    struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->credential),
		PG_TEXT(after == NULL ? NULL : cursor->position),
		PG_TEXT(after == NULL ? NULL : cursor->event)
	};
	struct pg_result *row = NULL;
	int rc = 0;

	if (pg_run(req->db, SQL_COMMAND_SEEN, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0)
		rc = device_missing(err);
	else if (strcmp(pg_text(row, 0, 2), "true") == 0)
		rc = err_set(err, ERR_BAD_REQUEST, "after: this cursor was "
		    "not returned yet; omit it");
	else
		cursor_set(cursor, pg_text(row, 0, 0), pg_text(row, 0, 1));
	pg_result_free(&row);
	return rc;
}

/* Returns 1 after it has responded, in any case if must is true.  Returns 0 if
 * it found no commands; f is then where to continue, at once if *more is
 * true. */
static int
poll_once(struct req *req, struct following *f, bool must, bool *more,
    struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->credential),
		PG_TEXT(f->cursor.position), PG_TEXT(f->cursor.event),
		PG_TEXT(f->limit)
	};
	struct pg_result *row = NULL;
	int rc = 0;

	if (pg_run(req->db, SQL_COMMAND_FOLLOW, values, &row, err) < 0)
		return -1;
	*more = strcmp(pg_text(row, 0, COMMAND_MORE), "true") == 0;
	if (must || strcmp(pg_text(row, 0, COMMAND_FOUND), "true") == 0) {
		dialect_creel_respond(&req->resp, arena_strdup(req->arena,
		    pg_text(row, 0, COMMAND_RESPONSE)));
		rc = 1;
	} else {
		cursor_set(&f->cursor, pg_text(row, 0, COMMAND_POSITION),
		    pg_text(row, 0, COMMAND_EVENT));
	}
	pg_result_free(&row);
	return rc;
}

/* Implements poll_fn. */
static int
command_poll(struct req *req, void *ctx, bool late, struct err *err)
{
	bool more;
	int rc;

	do
		rc = poll_once(req, ctx, late, &more, err);
	while (rc == 0 && more);
	return rc;
}

static int
query_parse(struct req *req, struct following *f, const char **after,
    int64_t *wait, struct err *err)
{
	int64_t limit = LIMIT_PRESET;

	*wait = 0;
	*after = query_text(req, "after");
	if ((*after != NULL &&
	    cursor_read(req, *after, &f->cursor, err) < 0) ||
	    query_number(req, "limit", 1, LIMIT_MAX, &limit, err) < 0 ||
	    query_number(req, "wait", 0, WAIT_MAX, wait, err) < 0)
		return -1;
	f->limit = arena_printf(req->arena, "%d", (int)limit);
	return 0;
}

static int
command_list(struct req *req, struct resp *resp, struct err *err)
{
	struct following *f = arena_alloc(req->arena, sizeof(*f));
	const char *after;
	int64_t wait;

	(void)resp;
	if (query_parse(req, f, &after, &wait, err) < 0 ||
	    begin(req, after, &f->cursor, err) < 0)
		return -1;
	if (wait == 0 || http_is_head(req))
		return command_poll(req, f, true, err) < 0 ? -1 : 0;
	if (longpoll_reserve(req, err) < 0)
		return -1;
	longpoll_begin(req, LONGPOLL_READER, arena_printf(req->arena,
	    WAITQUEUE_COMMANDS "%s", req->application), wait, POLL_MS,
	    command_poll, f);
	return HTTP_LATER;
}
