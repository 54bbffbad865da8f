/* SPDX-License-Identifier: ISC */
/* Builds the URL that calls an action when it is opened. */
#include <string.h>

#include "auth/auth_key.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "hook/action_url.h"
#include "hook/tenant.h"
#include "http/cast.h"

#define KEY_NAME "apiKey="

/* The columns of ACTION_URL. */
enum url_column { URL_EVENT_ID, URL_KEY, URL_SCOPES, URL_REACHES };

static int
row_check(const struct pg_result *row, struct err *err)
{
	if (pg_rows(row) == 0)
		return application_missing(err);
	if (pg_text(row, 0, URL_EVENT_ID) == NULL)
		return err_set(err, ERR_NOT_FOUND, "Action was not found");
	if (pg_text(row, 0, URL_KEY) == NULL)
		return err_set(err, ERR_NOT_FOUND, "API Key was not found");
	if (!(scope_parse_list(pg_text(row, 0, URL_SCOPES)) &
	    SCOPE_ACTION_CALL))
		return err_set(err, ERR_BAD_REQUEST,
		    "the key lacks the scope action.call");
	return strcmp(pg_text(row, 0, URL_REACHES), "true") == 0 ? 0 :
	    err_set(err, ERR_BAD_REQUEST,
	    "the key has no access to the action");
}

static void
put_member(struct buf *out, const char *name, const char *value)
{
	if (value != NULL)
		jsn_write_string(out, name, value);
}

/* The members in the order of the product's page. */
static void
put_payload(struct buf *out, const char *event_id,
    const struct action_url *url)
{
	jsn_write_object(out, NULL);
	if (url->sensor_id != NULL || url->sensor_event != NULL ||
	    url->sensor_value != NULL) {
		jsn_write_object(out, "sensor_data");
		put_member(out, "id", url->sensor_id);
		put_member(out, "event", url->sensor_event);
		put_member(out, "value", url->sensor_value);
		jsn_write_end(out, '}');
	}
	jsn_write_string(out, "event_id", event_id);
	jsn_write_end(out, '}');
}

/* Returns the query after the key, percent-encoded, in the arena. */
static char *
query_rest(struct arena *arena, const char *event_id,
    const struct action_url *url)
{
	struct buf payload, code, out;
	size_t i;

	buf_init(&payload);
	buf_init(&code);
	buf_init(&out);
	put_payload(&payload, event_id, url);
	/* cast_json() adds quotes, which are skipped. */
	cast_json(&code, payload.data, payload.len, CAST_BASE64);
	buf_addstr(&out, "&payload=");
	for (i = 1; i + 1 < code.len; i++)
		if (strchr("+/=", code.data[i]) != NULL)
			buf_printf(&out, "%%%02X", code.data[i]);
		else
			buf_addch(&out, code.data[i]);
	buf_release(&payload);
	buf_release(&code);
	return arena_take(arena, &out);
}

/* The Wallboard door rejects longer queries. */
static int
length_check(const char *rest, int64_t limit, struct err *err)
{
	size_t length = strlen(KEY_NAME) + KEY_SIZE - 1 + strlen(rest);

	return length <= (size_t)limit ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "sensor_data: too long: the query of the URL must be at most %lld "
	    "bytes, not %zu", (long long)limit, length);
}

int
action_url_prepare(struct arena *arena, struct pg *db,
    const struct action_url *url, int64_t limit, const char **rest,
    struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(url->application), PG_TEXT(url->action),
		PG_TEXT(url->hooks), PG_TEXT(url->key)
	};
	struct pg_result *row = NULL;
	int rc;

	if (pg_run(db, SQL_ACTION_URL, values, &row, err) < 0)
		return -1;
	if ((rc = row_check(row, err)) == 0)
		*rest = query_rest(arena, pg_text(row, 0, URL_EVENT_ID), url);
	pg_result_free(&row);
	return rc < 0 ? -1 : length_check(*rest, limit, err);
}

char *
action_url_make(struct arena *arena, const char *base, const char *secret,
    const char *rest)
{
	return arena_printf(arena, "%s/public-api/integration/webhooks?"
	    KEY_NAME "%s%s", base, secret, rest);
}
