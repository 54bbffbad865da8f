/* SPDX-License-Identifier: ISC */
/* Stores calls as events, notifies readers, and returns an event's status. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth/auth.h"
#include "auth/auth_basic.h"
#include "auth/mask.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/waitqueue.h"
#include "db/batch.h"
#include "db/pg.h"
#include "db/usage.h"
#include "event/event.h"
#include "event/push.h"
#include "hook/dialect.h"
#include "hook/hook.h"
#include "http/urlencoded.h"

static route_fn event_get;

const struct route event_routes[] = {
	/* Clients that may only post can read the status of their calls. */
	{ "GET", "/events/:id", &dialect_creel, AUTH_API_KEY | AUTH_BEARER,
	    SCOPE_EVENT_GET | SCOPE_DATASOURCE_POST | SCOPE_FORM_POST |
	    SCOPE_ACTION_CALL, NULL, BODY_NONE, 0, event_get },
	{ 0 }
};

static const char *const status_names[] = {
	[EVENT_PENDING] = "pending",
	[EVENT_SUCCESS] = "success",
	[EVENT_FAILED] = "failed"
};

/* Request headers that carry secrets for other programs. */
static const char *const secret_headers[] = {
	"cookie", "proxy-authorization", NULL
};

static const char authorization[] = "authorization";

/* Returns whether a header is never stored. */
static bool
is_secret(const char *name)
{
	const char *const *secret = secret_headers;

	if (strcmp(name, authorization) == 0)
		return false;
	while (*secret != NULL && strcmp(*secret, name) != 0)
		secret++;
	return *secret != NULL || auth_is_credential(name);
}

/* Returns whether an earlier header has this name: put_value() joins them. */
static bool
came_before(const struct req *req, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(req->headers[j].name, req->headers[i].name) == 0)
			return true;
	return false;
}

/* Appends a header's value, or a list of all with its name (RFC 9110, 5.3). */
static void
put_value(struct buf *out, const struct req *req, size_t first)
{
	const struct header *h = req->headers;
	size_t i;

	buf_addch(out, '"');
	for (i = first; i < req->n_headers; i++) {
		if (i > first && strcmp(h[i].name, h[first].name) != 0)
			continue;
		if (i > first)
			buf_addstr(out, ", ");
		jsn_put_chars(out, h[i].value, strlen(h[i].value));
	}
	buf_addch(out, '"');
}

/* Returns the request's headers as JSON: without those that are secret, and
 * unless it is open, without the value of Authorization. */
static char *
headers_json(const struct req *req, bool open)
{
	struct buf out;
	size_t i;

	buf_init(&out);
	jsn_write_object(&out, NULL);
	for (i = 0; i < req->n_headers; i++) {
		const char *name = req->headers[i].name;

		if (is_secret(name) || came_before(req, i))
			continue;
		if (!open && strcmp(name, authorization) == 0) {
			jsn_write_string(&out, name, AUTH_REDACTED);
			continue;
		}
		jsn_write_name(&out, name);
		put_value(&out, req, i);
	}
	jsn_write_end(&out, '}');
	return arena_take(req->arena, &out);
}

/* PostgreSQL's text is UTF-8; a path or a header may be any bytes.  Bytes that
 * are not UTF-8 are read as Latin-1, as in headers_json(). */
static char *
utf8(struct arena *arena, const char *s)
{
	struct buf text;

	if (s == NULL)
		return NULL;
	buf_init(&text);
	jsn_put_utf8(&text, s, strlen(s));
	return arena_take(arena, &text);
}

/* Returns a query string as a JSON object (wire/losant 1.7); NULL if it is
 * empty or urlencoded_json() rejects it. */
static char *
query_json(struct arena *arena, const char *query)
{
	struct buf out;

	if (*query == '\0')
		return NULL;
	buf_init(&out);
	if (urlencoded_json(query, strlen(query), &out))
		return arena_take(arena, &out);
	buf_release(&out);
	return NULL;
}

/* Returns microseconds since 1970. */
static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void
item_set(struct batch_item *item, enum batch_column column, const char *text)
{
	item->values[column].data = text;
	item->values[column].len = text == NULL ? 0 : strlen(text);
}

/* Readers of events must not learn credentials from them, and these may occur
 * in unexpected places, such as a Referer. */
static void
item_set_masked(struct batch_item *item, const struct req *req,
    enum batch_column column, char *text)
{
	if (text != NULL)
		mask_credentials(req->services->auth, req->arena, text);
	item_set(item, column, text);
}

/* An event that is being stored. */
struct stored {
	struct batch_item item;
	int64_t bytes;
	struct req *req;
	void (*on_commit)(struct req *, const struct err *);
	const struct err *refusal;
};

/* Wakes the readers of this worker.  The listeners of other workers wake theirs
 * (listen.h). */
static void
readers_wake(const struct req *req, bool commands)
{
	char key[WAITQUEUE_KEY_SIZE];

	if (req->services->waitqueue == NULL ||
	    !waitqueue_any(req->services->waitqueue))
		return;
	snprintf(key, sizeof(key), WAITQUEUE_EVENTS "%s",
	    req->hook->application);
	waitqueue_wake(req->services->waitqueue, key);
	if (!commands)
		return;
	snprintf(key, sizeof(key), WAITQUEUE_COMMANDS "%s",
	    req->hook->application);
	waitqueue_wake(req->services->waitqueue, key);
}

/* Notifies listening devices. */
static void
devices_notify(const struct req *req, const struct batch_item *item)
{
	const char *targets = item->values[BATCH_TARGETS].data;

	if (req->services->push != NULL && targets != NULL)
		push_notify(req->services->push, req->hook->application,
		    targets, req->id);
}

/* The item's on_commit callback. */
static void
event_stored(struct batch_item *item, const char *first, const struct err *err)
{
	struct stored *stored = item->ctx;
	struct req *req = stored->req;
	struct err gone;

	/* The application was deleted during the call. */
	if (err != NULL && err->code == ERR_CONFLICT) {
		err_set(&gone, ERR_NOT_FOUND, "Hook was not found");
		err = &gone;
	}
	if (err == NULL) {
		req->resp.event = arena_strdup(req->arena, first);
		req->resp.replayed = strcmp(first, req->id) != 0;
	}
	if (err == NULL && !req->resp.replayed) {
		if (req->services->usage != NULL)
			usage_stored(req->services->usage,
			    req->hook->application, stored->bytes);
		readers_wake(req, item->values[BATCH_TARGETS].data != NULL);
		devices_notify(req, item);
	}
	if (stored->refusal != NULL)
		req->complete(req, stored->refusal);
	else if (stored->on_commit != NULL)
		stored->on_commit(req, err);
	else
		req->complete(req, err);
}

/* Sets what the body reads as. */
static void
item_content(struct batch_item *item, const struct req *req,
    const struct event_call *call)
{
	const struct content *content = call->content;
	struct content json;

	if (content == NULL) {
		content_json(req, &json);
		content = &json;
	}
	item_set(item, BATCH_READING, reading_name(content->reading));
	item_set(item, BATCH_VALUE, content->value);
}

static const char *
call_path(const struct req *req, const struct event_call *call)
{
	return call->path != NULL ? call->path : req->path;
}

static const char *
call_query(const struct req *req, const struct event_call *call)
{
	return call->query != NULL ? call->query : req->query;
}

/* Sets the columns of the call, or copies those of the retried event. */
static void
item_call(struct batch_item *item, const struct req *req,
    const struct event_call *call)
{
	const struct event_original *original = call->original;
	const char *query = call_query(req, call);
	struct arena *arena = req->arena;

	item_set(item, BATCH_METHOD, original != NULL ? original->method :
	    req->method);
	item_set_masked(item, req, BATCH_PATH,
	    utf8(arena, call_path(req, call)));
	item_set_masked(item, req, BATCH_QUERY, utf8(arena, query));
	item_set_masked(item, req, BATCH_QUERY_JSON, query_json(arena, query));
	if (original != NULL) {
		item_set(item, BATCH_HEADERS, original->headers);
		item_set(item, BATCH_TYPE, original->type);
	} else {
		item_set_masked(item, req, BATCH_HEADERS, headers_json(req,
		    call->authorization && !basic_has_key(req)));
		item_set_masked(item, req, BATCH_TYPE, utf8(arena,
		    http_header(req, "content-type", NULL)));
	}
	item->values[BATCH_BODY].data = req->raw;
	item->values[BATCH_BODY].len = req->raw_len;
	item_content(item, req, call);
	item_set(item, BATCH_RETRY_OF, original == NULL ? NULL : original->id);
}

/* Sets the key of the call; a rejected call has none. */
static int
item_key(struct batch_item *item, const struct req *req,
    const struct event_call *call, struct err *err)
{
	const struct call_key *key = call->key;
	struct call_key *own = NULL;

	if (key == NULL && call->refusal == NULL) {
		if (idempotency_key(req, call_path(req, call),
		    call_query(req, call), &own, err) < 0)
			return -1;
		key = own;
	}
	if (key == NULL)
		return 0;
	item_set(item, BATCH_KEY, key->text);
	item->values[BATCH_FINGERPRINT].data = key->fingerprint;
	item->values[BATCH_FINGERPRINT].len = sizeof(key->fingerprint);
	return 0;
}

/* Returns the bytes of an event that count: those of creel.event_bytes(). */
static int64_t
item_bytes(const struct batch_item *item)
{
	static const enum batch_column columns[] = { BATCH_PATH, BATCH_QUERY,
	    BATCH_HEADERS, BATCH_BODY, BATCH_PARSED, BATCH_QUERY_JSON,
	    BATCH_TARGETS, BATCH_VALUE };
	int64_t bytes = 0;
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		bytes += (int64_t)item->values[columns[i]].len;
	return bytes;
}

int
event_admit(struct req *req, struct err *err)
{
	return req->services->usage == NULL ? 0 :
	    usage_call(req->services->usage, req->hook->application,
	    req->arena, &req->left, err);
}

int
event_store(struct req *req, const struct event_call *call, struct err *err)
{
	struct arena *arena = req->arena;
	struct stored *stored = arena_alloc(arena, sizeof(*stored));
	struct batch_item *item = &stored->item;
	int64_t *received = arena_alloc(arena, sizeof(*received));

	*received = now_us();
	if (item_key(item, req, call, err) < 0)
		return -1;
	item_set(item, BATCH_APPLICATION, req->hook->application);
	item_set(item, BATCH_ID, req->id);
	item_set(item, BATCH_HOOK, req->hook->id);
	item->values[BATCH_RECEIVED].data = received;
	item_call(item, req, call);
	item_set(item, BATCH_PRINCIPAL, utf8(arena, req->principal->name));
	item_set(item, BATCH_REMOTE, req->remote);
	item_set(item, BATCH_STATUS, status_names[call->status]);
	item_set(item, BATCH_PARSED, call->parsed);
	item_set(item, BATCH_REMARKS, call->remarks != NULL ? call->remarks :
	    "");
	item_set(item, BATCH_WAITS, call->waits ? "true" : NULL);
	item_set(item, BATCH_TARGETS, call->targets);
	stored->bytes = item_bytes(item);
	if (req->services->usage != NULL &&
	    usage_room(req->services->usage, req->hook->application,
	    stored->bytes, err) < 0)
		return -1;
	item->on_commit = event_stored;
	item->ctx = stored;
	stored->req = req;
	stored->on_commit = call->on_commit;
	stored->refusal = call->refusal;
	if (req->services->batch == NULL)
		batch_write(req->db, item);
	else if (batch_submit(req->services->batch, item, err) < 0)
		return -1;
	return HTTP_LATER;
}

static int
event_get(struct req *req, struct resp *resp, struct err *err)
{
	const struct principal *principal = req->principal;
	char id[ID_UUID_SIZE];
	const uint64_t scopes = principal->scopes;
	struct pg_result *row = NULL;
	int rc = 0;

	if (!id_parse_guid(req->params[0], id))
		return err_set(err, ERR_NOT_FOUND, "Event was not found");

	const struct pg_value values[] = {
		PG_TEXT(principal->applications),
		PG_TEXT(id),
		PG_TEXT(principal->hooks),
		PG_TEXT(principal->name),
		PG_TEXT(scopes & SCOPE_EVENT_GET ? "true" : "false"),
		PG_TEXT(scopes & SCOPE_EVENT_BODY ? "true" : "false"),
		PG_TEXT(principal->organization)
	};
	if (pg_run(req->db, SQL_EVENT_GET, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "Event was not found");
	} else {
		http_json(resp, arena_strdup(req->arena, pg_text(row, 0, 0)));
		http_set(resp, "Cache-Control", "private, no-cache");
	}
	pg_result_free(&row);
	return rc;
}
