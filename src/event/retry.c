/* SPDX-License-Identifier: ISC */
/* Retries failed calls to forms. */
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "db/pg.h"
#include "event/event.h"
#include "event/retry.h"
#include "hook/dialect.h"
#include "hook/form_check.h"
#include "hook/hook.h"
#include "hook/tenant.h"

static route_fn retry_create;

const struct route retry_routes[] = {
	{ "POST", "/applications/:application/events/:event/retry",
	    &dialect_creel, AUTH_API_KEY | AUTH_BEARER, SCOPE_EVENT_RETRY,
	    application_find, BODY_NONE, 0, retry_create },
	{ 0 }
};

/* The columns of RETRY_FIND. */
enum retry_column {
	RETRY_HOOK,
	RETRY_STATUS,
	RETRY_SETTINGS,
	RETRY_METHOD,
	RETRY_PATH,
	RETRY_QUERY,
	RETRY_HEADERS,
	RETRY_TYPE,
	RETRY_BODY,
	RETRY_VALUE,
	RETRY_FIRST_ID,
	RETRY_FIRST_STATUS,
	RETRY_FIRST_REMARKS
};

/* An event that is retried. */
struct retry {
	char id[ID_UUID_SIZE];
	struct call_key *key;		/* of the retry, or NULL */
	const char *status;
	const char *settings;		/* the form's current ones */
	const char *path;
	const char *query;
	struct event_original original;
	const char *first_id;		/* of a retry with this key, or NULL */
	const char *first_status;
	const char *first_remarks;
};

static const char *
copy(struct req *req, const struct pg_result *row, enum retry_column column)
{
	const char *text = pg_text(row, 0, column);

	return text == NULL ? NULL : arena_strdup(req->arena, text);
}

/* Reads the idempotency key of the retry: of this request, not of the call that
 * is retried.  The prefix keeps it apart from the keys of calls. */
static int
key_read(struct req *req, struct retry *retry, struct err *err)
{
	if (idempotency_key(req, req->path, req->query, &retry->key, err) < 0)
		return -1;
	if (retry->key != NULL)
		retry->key->text = arena_printf(req->arena, "retry:%s:%s",
		    retry->id, retry->key->text);
	return 0;
}

static void
row_read(struct req *req, struct retry *retry, const struct pg_result *row)
{
	struct hook *hook = arena_alloc(req->arena, sizeof(*hook));
	const char *body, *value;
	size_t len;

	hook->application = req->application;
	hook->id = copy(req, row, RETRY_HOOK);
	req->hook = hook;
	retry->status = copy(req, row, RETRY_STATUS);
	retry->settings = copy(req, row, RETRY_SETTINGS);
	retry->path = copy(req, row, RETRY_PATH);
	retry->query = copy(req, row, RETRY_QUERY);
	retry->original.id = retry->id;
	retry->original.method = copy(req, row, RETRY_METHOD);
	retry->original.headers = copy(req, row, RETRY_HEADERS);
	retry->original.type = copy(req, row, RETRY_TYPE);
	retry->first_id = copy(req, row, RETRY_FIRST_ID);
	retry->first_status = copy(req, row, RETRY_FIRST_STATUS);
	retry->first_remarks = copy(req, row, RETRY_FIRST_REMARKS);
	body = pg_bytes(row, 0, RETRY_BODY, &len);
	body_set(req, arena_copy(req->arena, body, len), len);
	/* The door decoded it, or skipped a byte order mark. */
	value = copy(req, row, RETRY_VALUE);
	if (value != NULL) {
		req->body = value;
		req->body_len = strlen(value);
	}
}

static int
retry_find(struct req *req, struct retry *retry, struct err *err)
{
	const struct call_key *key = retry->key;
	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(retry->id),
		PG_TEXT(req->principal->hooks),
		PG_TEXT(req->principal->name),
		PG_TEXT(key == NULL ? NULL : key->text),
		PG_BYTES(key == NULL ? NULL : (const void *)key->fingerprint,
		    DIGEST_SIZE)
	};
	struct pg_result *row = NULL;
	bool found;

	if (pg_run(req->db, SQL_RETRY_FIND, values, &row, err) < 0)
		return -1;
	found = pg_rows(row) > 0;
	if (found)
		row_read(req, retry, row);
	pg_result_free(&row);
	return found ? 0 : err_set(err, ERR_NOT_FOUND,
	    "Event was not found");
}

/* Checks the event's body by the current settings of the form. */
static int
retry_check(struct req *req, const struct retry *retry,
    struct form_outcome *out, struct err *err)
{
	struct form_fields *fields;
	struct jsn_scan seen;

	if (strcmp(retry->status, "failed") != 0)
		return err_set(err, ERR_CONFLICT, "the event did not fail");
	if (req->body_len == 0)
		return err_set(err, ERR_BAD_REQUEST,
		    "the event has no body: its call was rejected");
	if (jsn_scan(req->body, req->body_len, JSN_DEPTH_MAX, &seen,
	    err) < 0)
		return err_prefix(err, "the event's body");
	if (seen.type != JSN_OBJECT)
		return err_set(err, ERR_BAD_REQUEST,
		    "the event's body is not a JSON object");
	if (form_fields_stored(req->hook->id, retry->settings, req->arena,
	    &fields, err) < 0)
		return -1;
	form_check(fields, req->body, req->body_len, req->arena, out);
	return 0;
}

static void
retry_respond(struct req *req, const struct retry *retry, const char *id,
    const char *status, const char *remarks)
{
	struct buf body;

	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "id", id);
	jsn_write_string(&body, "retryOf", retry->id);
	jsn_write_string(&body, "status", status);
	jsn_write_string(&body, "remarks", remarks);
	jsn_write_end(&body, '}');
	req->resp.status = 201;
	dialect_creel_respond(&req->resp, arena_take(req->arena, &body));
}

/* Implements on_commit.  If another retry with the same key was stored first,
 * the client must send its request again to get that result. */
static void
retry_stored(struct req *req, const struct err *err)
{
	struct err other;

	if (err == NULL && req->resp.replayed) {
		err_set(&other, ERR_CONFLICT,
		    "the same retry is in progress: send the request again");
		err = &other;
	}
	req->complete(req, err);
}

static int
retry_create(struct req *req, struct resp *resp, struct err *err)
{
	struct retry *retry = arena_alloc(req->arena, sizeof(*retry));
	struct event_call call = { .on_commit = retry_stored };
	struct form_outcome outcome;

	if (!id_parse_guid(req->params[1], retry->id))
		return err_set(err, ERR_NOT_FOUND, "Event was not found");
	if (key_read(req, retry, err) < 0 || retry_find(req, retry, err) < 0)
		return -1;
	if (retry->first_id != NULL) {
		retry_respond(req, retry, retry->first_id, retry->first_status,
		    retry->first_remarks);
		resp->event = retry->first_id;
		resp->replayed = true;
		return 0;
	}
	if (retry_check(req, retry, &outcome, err) < 0)
		return -1;
	if (event_admit(req, err) < 0)
		return -1;
	call.status = outcome.ok ? EVENT_SUCCESS : EVENT_FAILED;
	call.path = retry->path;
	call.query = retry->query;
	call.parsed = outcome.record;
	call.remarks = outcome.remarks;
	call.key = retry->key;
	call.original = &retry->original;
	retry_respond(req, retry, req->id, outcome.ok ? "success" : "failed",
	    outcome.remarks);
	return event_store(req, &call, err);
}
