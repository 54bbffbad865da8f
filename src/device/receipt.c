/* SPDX-License-Identifier: ISC */
/* Stores receipts of commands, and lists the status of an event's devices. */
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/field.h"
#include "base/jsn_write.h"
#include "db/pg.h"
#include "device/device.h"
#include "device/receipt.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "http/query.h"

#define RECEIPTS_MAX 100	/* per request */
#define STEP_DIGITS_MAX 4
#define UUID_LENGTH (ID_UUID_SIZE - 1)
#define LIMIT_PRESET 100
#define LIMIT_MAX 1000

static route_fn receipt_store, event_devices;

const struct route receipt_routes[] = {
	{ "POST", "/devices/me/receipts", &dialect_creel,
	    AUTH_API_KEY | AUTH_BEARER | AUTH_QUERY, SCOPE_RECEIPTS_POST,
	    device_me, BODY_JSON, CONF_LIMIT(losant_body_limit),
	    receipt_store },
	{ "GET", "/applications/:application/events/:event/devices",
	    &dialect_creel, AUTH_API_KEY | AUTH_BEARER, SCOPE_DEVICE_GET,
	    application_find, BODY_NONE, 0, event_devices },
	{ 0 }
};

static const struct field fields[] = {
	FIELD_STRING("id", FIELD_REQUIRED, 1, 64),
	FIELD_ENUM("status", FIELD_REQUIRED, "done failed"),
	FIELD_STRING("reason", 0, 0, 1024),
	FIELD_END
};

/* Parses "01a2008d-7400-....1".  Returns the step; 0 if it is not a command
 * id. */
static long
id_read(const char *id, char event[ID_UUID_SIZE])
{
	char uuid[ID_UUID_SIZE];
	const char *step = id + UUID_LENGTH + 1;
	size_t digits;

	if (strlen(id) <= UUID_LENGTH + 1 || id[UUID_LENGTH] != '.')
		return 0;
	memcpy(uuid, id, UUID_LENGTH);
	uuid[UUID_LENGTH] = '\0';
	digits = strspn(step, "0123456789");
	if (digits > STEP_DIGITS_MAX || step[digits] != '\0' ||
	    !id_parse_guid(uuid, event))
		return 0;
	return strtol(step, NULL, 10);
}

static int
command_missing(const char *id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
	    "Command %.64s was not found", id);
}

/* Checks a receipt and appends it as the statement reads it. */
static int
receipt_put(const struct jsn *receipt, struct buf *out, struct err *err)
{
	const char *id, *reason;
	char event[ID_UUID_SIZE];
	long step;

	if (field_check(receipt, fields, err) < 0)
		return -1;
	id = jsn_string(jsn_get(receipt, "id"));
	if ((step = id_read(id, event)) == 0)
		return command_missing(id, err);
	reason = jsn_string(jsn_get(receipt, "reason"));
	jsn_write_object(out, NULL);
	jsn_write_string(out, "event", event);
	jsn_write_integer(out, "step", step);
	jsn_write_string(out, "status",
	    jsn_string(jsn_get(receipt, "status")));
	jsn_write_string(out, "reason", reason == NULL ? "" : reason);
	jsn_write_end(out, '}');
	return 0;
}

/* Appends the receipts of the body, one or an array, as an array. */
static int
receipts_put(const struct jsn *body, struct buf *out, struct err *err)
{
	size_t i, n = jsn_length(body);
	int rc = 0;

	jsn_write_array(out, NULL);
	if (jsn_type(body) != JSN_ARRAY)
		rc = receipt_put(body, out, err);
	else if (n == 0 || n > RECEIPTS_MAX)
		rc = err_set(err, ERR_BAD_REQUEST,
		    "body: must have between 1 and %d receipts", RECEIPTS_MAX);
	else
		for (i = 0; i < n && rc == 0; i++)
			rc = receipt_put(jsn_at(body, i), out, err);
	jsn_write_end(out, ']');
	return rc;
}

/* Returns the id of the body's receipt at a place, counted from 1. */
static const char *
receipt_id(const struct jsn *body, long place)
{
	const struct jsn *receipt = jsn_type(body) != JSN_ARRAY ? body :
	    jsn_at(body, (size_t)place - 1);

	return jsn_string(jsn_get(receipt, "id"));
}

/* Responds with the row of the statement: how many receipts were stored, or the
 * place of one without a command. */
static int
stored_respond(struct req *req, const struct jsn *body,
    const struct pg_result *row, struct err *err)
{
	size_t sent = jsn_type(body) == JSN_ARRAY ? jsn_length(body) : 1;
	struct buf json;

	if (pg_rows(row) == 0)
		return device_missing(err);
	if (pg_text(row, 0, 1) != NULL)
		return command_missing(receipt_id(body,
		    strtol(pg_text(row, 0, 1), NULL, 10)), err);
	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_integer(&json, "count", (int64_t)sent);
	jsn_write_json(&json, "stored", pg_text(row, 0, 0),
	    strlen(pg_text(row, 0, 0)));
	jsn_write_end(&json, '}');
	http_json(&req->resp, arena_take(req->arena, &json));
	return 0;
}

static int
receipt_store(struct req *req, struct resp *resp, struct err *err)
{
	struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->credential),
		PG_NULL
	};
	struct pg_result *row = NULL;
	struct jsn *body = NULL;
	struct buf receipts;
	int rc;

	(void)resp;
	if (req->body_len > JSN_TREE_SIZE)
		return err_set(err, ERR_TOO_LARGE,
		    "body: must be at most %d bytes", JSN_TREE_SIZE);
	if (jsn_parse(req->body, req->body_len, &body, err) < 0)
		return -1;
	buf_init(&receipts);
	rc = receipts_put(body, &receipts, err);
	values[2].data = receipts.data;
	if (rc == 0)
		rc = pg_run(req->db, SQL_RECEIPT_STORE, values, &row, err);
	if (rc == 0)
		rc = stored_respond(req, body, row, err);
	pg_result_free(&row);
	buf_release(&receipts);
	jsn_free(&body);
	return rc;
}

static int
event_devices(struct req *req, struct resp *resp, struct err *err)
{
	const char *status = query_text(req, "status"), *cursor, *json;
	int64_t limit = LIMIT_PRESET;
	char event[ID_UUID_SIZE];
	struct pg_result *row = NULL;

	if ((cursor = query_text(req, "cursor")) != NULL &&
	    (cursor = application_id(req->arena, cursor)) == NULL)
		return err_set(err, ERR_BAD_REQUEST, "cursor: invalid");
	if (status != NULL && !field_has_word(RECEIPT_STATUSES, status))
		return err_set(err, ERR_BAD_REQUEST,
		    "status: must be one of: " RECEIPT_STATUSES);
	if (query_number(req, "limit", 1, LIMIT_MAX, &limit, err) < 0)
		return -1;
	if (!id_parse_guid(req->params[1], event))
		return err_set(err, ERR_NOT_FOUND, "Event was not found");

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(event),
		PG_TEXT(req->principal->hooks), PG_TEXT(status),
		PG_TEXT(cursor),
		PG_TEXT(arena_printf(req->arena, "%d", (int)limit))
	};
	if (pg_run(req->db, SQL_EVENT_DEVICES, values, &row, err) < 0)
		return -1;
	json = pg_rows(row) == 0 ? NULL :
	    arena_strdup(req->arena, pg_text(row, 0, 0));
	pg_result_free(&row);
	if (json == NULL)
		return err_set(err, ERR_NOT_FOUND, "Event was not found");
	dialect_creel_respond(resp, json);
	return 0;
}
