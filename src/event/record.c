/* SPDX-License-Identifier: ISC */
/* Lists the records of a form, as a page or as a stream of all. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/word.h"
#include "db/pg.h"
#include "event/cursor.h"
#include "event/record.h"
#include "event/record_write.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "http/query.h"
#include "http/stream.h"

#define LIMIT_DIGITS 9
#define PIECE_ROWS 1000		/* the same limit as in the statements */
#define DIGITS_SIZE 24		/* of any 64-bit number, with its NUL */
#define CURSOR_SIZE (2 + DIGITS_SIZE + ID_UUID_SIZE)

/* Replaces the position of a format without a cursor: its reader gets all
 * committed records, those of the latest batches too. */
#define POSITION_ANY "999999999999999999"

static route_fn record_list;

const struct route record_routes[] = {
	{ "GET", "/applications/:application/forms/:form/records",
	    &dialect_creel, AUTH_API_KEY | AUTH_BEARER, SCOPE_EVENT_BODY,
	    application_find, BODY_NONE, 0, record_list },
	{ 0 }
};

/* The statements have the same parameters and columns. */
static const struct cursor_kind kinds[] = {
	{ 'h', "oldest", SQL_RECORD_OLDEST },
	{ 'n', "newest", SQL_RECORD_NEWEST },
	{ 'f', "", SQL_RECORD_FOLLOW },
	CURSOR_KINDS_END
};

enum record_column {
	RECORD_ID,
	RECORD_TIME,
	RECORD_EMAIL,
	RECORD_VALUES,
	RECORD_KIND,
	RECORD_POSITION,
	RECORD_EVENT,
	RECORD_ENDED
};

/* A requested list, and the position from which it continues. */
struct reading {
	const struct record_format *format;
	struct record_list list;
	const char *form;
	const char *from;	/* or NULL */
	const char *to;		/* or NULL */
	const char *weight;	/* bytes of a record beyond its call's body */
	int64_t left;		/* records still to return */
	const struct cursor_kind *kind;
	char position[DIGITS_SIZE];	/* "" at first, as is the next one */
	char event[ID_UUID_SIZE];
	const char *stop;	/* position up to which to read */
};

static const char *
optional(const char *s)
{
	return *s == '\0' ? NULL : s;
}

static int
reading_continue(const char *text, struct reading *r, struct err *err)
{
	struct cursor cursor;

	if (!cursor_parse(text, &cursor) ||
	    (r->kind = cursor_kind(kinds, cursor.kind)) == NULL)
		return err_set(err, ERR_BAD_REQUEST, "cursor: invalid");
	memcpy(r->position, cursor.position, sizeof(cursor.position));
	memcpy(r->event, cursor.event, sizeof(r->event));
	return 0;
}

static int
order_parse(const char *order, struct reading *r, struct err *err)
{
	r->kind = cursor_begin(kinds, order);
	if (r->kind == NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "order: must be oldest or newest");
	if (!r->format->follows)
		memcpy(r->position, POSITION_ANY, sizeof(POSITION_ANY));
	return 0;
}

static int
limit_parse(const char *limit, struct reading *r, struct err *err)
{
	r->left = INT64_MAX;
	if (limit == NULL)
		return 0;
	if (strlen(limit) > LIMIT_DIGITS ||
	    limit[strspn(limit, "0123456789")] != '\0' ||
	    (r->left = strtoll(limit, NULL, 10)) == 0)
		return err_set(err, ERR_BAD_REQUEST,
		    "limit: must be between 1 and 999999999");
	return 0;
}

/* Returns whether a list of media ranges contains this type. */
static bool
accepts(const char *list, const char *type)
{
	size_t n;

	for (; *list != '\0'; list += strcspn(list, ",")) {
		list += strspn(list, ", \t");
		n = strcspn(list, ",; \t");
		if (word_is(list, n, type))
			return true;
	}
	return false;
}

/* Selects the format of the query, else the first one that Accept contains. */
static int
format_parse(struct req *req, struct reading *r, struct err *err)
{
	const char *name = query_text(req, "format");
	const char *accept = http_header(req, "accept", NULL);

	r->format = record_formats;
	if (name == NULL && accept == NULL)
		return 0;
	while (r->format->name != NULL && (name != NULL ?
	    strcmp(r->format->name, name) != 0 :
	    !accepts(accept, r->format->accept)))
		r->format++;
	if (r->format->name == NULL && name != NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "format: must be json or csv");
	if (r->format->name == NULL)
		r->format = record_formats;
	return 0;
}

static int
query_parse(struct req *req, struct reading *r, struct err *err)
{
	const char *cursor = query_text(req, "cursor");

	if (format_parse(req, r, err) < 0 ||
	    (cursor != NULL ? reading_continue(cursor, r, err) :
	    order_parse(query_text(req, "order"), r, err)) < 0 ||
	    limit_parse(query_text(req, "limit"), r, err) < 0 ||
	    query_timestamp(req, "from", &r->from, err) < 0 ||
	    query_timestamp(req, "to", &r->to, err) < 0)
		return -1;
	return 0;
}

static int
form_read(struct req *req, struct reading *r, struct err *err)
{
	const char *form = application_id(req->arena, req->params[1]);
	bool follows = r->kind->letter == 'f';
	const struct pg_value values[] = { PG_TEXT(req->application),
	    PG_TEXT(form), PG_TEXT(req->principal->hooks),
	    PG_TEXT(follows ? r->position : NULL),
	    PG_TEXT(follows ? r->event : NULL) };
	struct pg_result *row = NULL;
	struct form_fields *fields;
	const char *text;
	int64_t weight = 0;
	size_t i;

	if (pg_run(req->db, SQL_RECORD_FORM, values, &row, err) < 0)
		return -1;
	text = pg_rows(row) == 0 ? NULL : pg_text(row, 0, 0);
	if (text != NULL) {
		text = arena_strdup(req->arena, text);
		r->stop = arena_strdup(req->arena, pg_text(row, 0, 1));
	}
	pg_result_free(&row);
	if (text == NULL)
		return err_set(err, ERR_NOT_FOUND, "Form was not found");
	if (form_fields_stored(form, text, req->arena, &fields, err) < 0)
		return -1;
	record_list_init(&r->list, req->arena, fields);
	/* A field without a value is as long as its name with escapes. */
	for (i = 0; i < fields->n; i++)
		weight += 2 * (int64_t)fields->list[i].name.len + 8;
	r->weight = arena_printf(req->arena, "%" PRId64, weight);
	r->form = form;
	return 0;
}

/* Stores the position of the rows, which is the same in each. */
static void
position_read(struct reading *r, const struct pg_result *rows)
{
	r->kind = cursor_kind(kinds, *pg_text(rows, 0, RECORD_KIND));
	snprintf(r->position, sizeof(r->position), "%s",
	    pg_text(rows, 0, RECORD_POSITION));
	snprintf(r->event, sizeof(r->event), "%s",
	    pg_text(rows, 0, RECORD_EVENT));
}

static void
rows_put(struct reading *r, const struct pg_result *rows, struct buf *out)
{
	struct record record;
	size_t i;

	for (i = 0; i < pg_rows(rows); i++) {
		record.id = pg_text(rows, i, RECORD_ID);
		if (record.id == NULL)	/* the row has only a position */
			continue;
		record.time = pg_text(rows, i, RECORD_TIME);
		record.email = pg_text(rows, i, RECORD_EMAIL);
		record.values = pg_bytes(rows, i, RECORD_VALUES,
		    &record.values_len);
		r->format->put(&r->list, &record, out);
		r->left--;
	}
}

/* Implements http_piece_fn with the rows of one statement. */
static int
reading_piece(struct req *req, void *ctx, struct buf *out, struct err *err)
{
	struct reading *r = ctx;
	struct pg_result *rows = NULL;
	char limit[DIGITS_SIZE], cursor[CURSOR_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(r->form),
		PG_TEXT(optional(r->position)), PG_TEXT(optional(r->event)),
		PG_TEXT(limit), PG_TEXT(r->from), PG_TEXT(r->to),
		PG_TEXT(r->weight), PG_TEXT(r->stop)
	};
	bool ended;

	snprintf(limit, sizeof(limit), "%" PRId64,
	    r->left < PIECE_ROWS ? r->left : PIECE_ROWS);
	if (pg_run(req->db, r->kind->sql, values, &rows, err) < 0)
		return -1;
	rows_put(r, rows, out);
	position_read(r, rows);
	ended = strcmp(pg_text(rows, 0, RECORD_ENDED), "true") == 0;
	pg_result_free(&rows);
	if (!ended && r->left > 0)
		return 1;
	snprintf(cursor, sizeof(cursor), "%c:%s:%s", r->kind->letter,
	    r->position, r->event);
	r->format->end(&r->list, cursor, !ended, out);
	return 0;
}

/* Reads the first piece before the response begins: an error then still has its
 * status, and a single page is no stream. */
static int
record_list(struct req *req, struct resp *resp, struct err *err)
{
	struct reading *r = arena_alloc(req->arena, sizeof(*r));
	struct buf first;
	size_t len;
	int rc;

	if (query_parse(req, r, err) < 0 || form_read(req, r, err) < 0)
		return -1;
	buf_init(&first);
	r->format->begin(&r->list, &first);
	rc = reading_piece(req, r, &first, err);
	if (rc > 0)
		rc = stream_begin(req, reading_piece, r, err);
	if (rc < 0) {
		buf_release(&first);
		return -1;
	}
	len = first.len;
	http_body(resp, r->format->type, arena_take(req->arena, &first), len);
	http_set(resp, "Cache-Control", "private, no-store");
	http_set(resp, "Vary", "Accept");
	if (r->format->suffix != NULL)
		http_set(resp, "Content-Disposition", arena_printf(req->arena,
		    "attachment; filename=\"%s.%s\"", r->form,
		    r->format->suffix));
	return 0;
}
