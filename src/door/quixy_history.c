/* SPDX-License-Identifier: ISC */
/* The Quixy door: status and history of calls. */
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "db/pg.h"
#include "door/quixy.h"
#include "hook/hook.h"
#include "http/query.h"

#define SIZE_PRESET 20
#define PAGE_MAX 1000
#define SKIP_MAX 10000		/* beyond it a cursor is required */
#define FORMS_MAX "100"	/* FORM_HISTORY returns 101 if exceeded */

/* Returns the principal that the events are restricted to; NULL: to none. */
static const char *
restriction(const struct principal *who)
{
	return who->scopes & SCOPE_EVENT_GET ? NULL : who->name;
}

static int
status_missing(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "Request was not found");
}

int
quixy_status(struct req *req, struct resp *resp, struct err *err)
{
	char id[ID_UUID_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(req->principal->applications), PG_TEXT(id),
		PG_TEXT(req->principal->hooks),
		PG_TEXT(restriction(req->principal)),
		PG_TEXT(req->principal->organization)
	};
	struct pg_result *row = NULL;
	int rc = 0;

	if (!id_parse_guid(req->params[0], id))
		return status_missing(err);
	if (pg_run(req->db, SQL_FORM_STATUS, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0)
		rc = status_missing(err);
	else
		quixy_answer(resp, arena_strdup(req->arena,
		    pg_text(row, 0, 0)));
	pg_result_free(&row);
	return rc;
}

/* -- the history */

static int
status_read(struct req *req, const char **out, struct err *err)
{
	static const char *const words[] = { "success", "failed", "pending" };
	const char *text = query_text(req, "status");
	size_t i;

	*out = NULL;
	if (text == NULL)
		return 0;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i], text) == 0)
			*out = words[i];
	return *out != NULL ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "status: must be Success, Failed or Pending");
}

static int
cursor_read(struct req *req, const char **out, struct err *err)
{
	const char *text = query_text(req, "cursor");
	char id[ID_UUID_SIZE];

	*out = NULL;
	if (text == NULL)
		return 0;
	if (!id_parse_guid(text, id))
		return err_set(err, ERR_BAD_REQUEST, "cursor: invalid");
	*out = arena_strdup(req->arena, id);
	return 0;
}

struct history {
	const char *from;
	const char *to;
	const char *cursor;
	const char *status;
	const char *user;
	const char *text;
	const char *skip;
	const char *size;
};

static int
page_read(struct req *req, struct history *out, struct err *err)
{
	int64_t page = 0, size = SIZE_PRESET;

	if (query_number(req, "page", 0, SKIP_MAX, &page, err) < 0 ||
	    query_number(req, "size", 1, PAGE_MAX, &size, err) < 0)
		return -1;
	if (page * size > SKIP_MAX)
		return err_set(err, ERR_BAD_REQUEST, "page * size: must be at "
		    "most %d; use cursor beyond that", SKIP_MAX);
	out->skip = arena_printf(req->arena, "%lld",
	    (long long)(page * size));
	out->size = arena_printf(req->arena, "%lld", (long long)size);
	return 0;
}

static int
history_read(struct req *req, struct history *out, struct err *err)
{
	/* A decoded NUL would end a text. */
	if (strstr(req->query, "%00") != NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "query: must not contain NUL bytes");
	out->user = query_text(req, "user");
	out->text = query_text(req, "text");
	if (page_read(req, out, err) < 0 ||
	    query_timestamp(req, "from", &out->from, err) < 0 ||
	    query_timestamp(req, "to", &out->to, err) < 0 ||
	    status_read(req, &out->status, err) < 0 ||
	    cursor_read(req, &out->cursor, err) < 0)
		return -1;
	return 0;
}

/* Runs the statement.  Returns 1 if it should run again with deep set, which
 * searches more events than the page has. */
static int
history_run(struct req *req, const struct history *h, bool deep,
    const char **json, struct err *err)
{
	const struct principal *who = req->principal;
	const struct pg_value values[] = {
		PG_TEXT(req->hook == NULL ? who->applications :
		    arena_printf(req->arena, "{%s}", req->hook->application)),
		PG_TEXT(req->hook == NULL ? NULL : req->hook->id),
		PG_TEXT(who->hooks), PG_TEXT(restriction(who)),
		PG_TEXT(h->from), PG_TEXT(h->to), PG_TEXT(h->cursor),
		PG_TEXT(h->status),
		PG_TEXT(h->user), PG_TEXT(h->text), PG_TEXT(h->skip),
		PG_TEXT(h->size), PG_TEXT(deep ? "true" : "false"),
		PG_TEXT(req->hook == NULL ? who->organization : NULL)
	};
	struct pg_result *row = NULL;
	int rc;

	if (pg_run(req->db, SQL_FORM_HISTORY, values, &row, err) < 0)
		return -1;
	rc = strcmp(pg_text(row, 0, 1), "true") == 0;
	*json = arena_strdup(req->arena, pg_text(row, 0, 0));
	if (strcmp(pg_text(row, 0, 2), "101") == 0)
		rc = err_set(err, ERR_BAD_REQUEST, "app key: required, "
		    "because there are more than " FORMS_MAX " forms: "
		    "/webhook/app/KEY/history");
	pg_result_free(&row);
	return rc;
}

int
quixy_history(struct req *req, struct resp *resp, struct err *err)
{
	struct history h;
	const char *json = NULL;
	int rc;

	if (history_read(req, &h, err) < 0)
		return -1;
	rc = history_run(req, &h, false, &json, err);
	if (rc > 0)
		rc = history_run(req, &h, true, &json, err);
	if (rc < 0)
		return -1;
	quixy_answer(resp, json);
	return 0;
}
