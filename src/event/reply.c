/* SPDX-License-Identifier: ISC */
/* Stores replies to calls, and returns them to the callers that wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_walk.h"
#include "base/waitqueue.h"
#include "base/word.h"
#include "db/pg.h"
#include "event/reply.h"
#include "hook/dialect.h"
#include "hook/hook.h"
#include "hook/tenant.h"
#include "http/header.h"

#define WAIT_SECONDS 60
#define POLL_MS 5000		/* in case a notification is lost (listen.h) */
#define HEADERS_MAX 16		/* of a reply */
#define HEADERS_SIZE 8192	/* bytes in total: web servers have limits */

static route_fn reply_post;

const struct route reply_routes[] = {
	{ "POST", "/applications/:application/webhooks/:webhook/replies/:reply",
	    &dialect_creel, AUTH_BEARER | AUTH_API_KEY, SCOPE_WEBHOOK_REPLY,
	    application_find, BODY_JSON, CONF_LIMIT(losant_reply_limit),
	    reply_post },
	{ 0 }
};

/* Parses "WEBHOOK.EVENT"; false if it is malformed. */
static bool
reply_event(const struct req *req, const char *webhook, char out[ID_UUID_SIZE])
{
	const char *reply = req->params[2];
	size_t n = strlen(webhook);

	return strncasecmp(reply, webhook, n) == 0 && reply[n] == '.' &&
	    id_parse_guid(reply + n + 1, out);
}

/* -- the reply that a reader sends */

enum member { MEMBER_CODE, MEMBER_HEADERS, MEMBER_BODY, MEMBER__COUNT };
static const char *const members[MEMBER__COUNT] = { "responseCode",
    "headers", "body" };

/* Returns the body that a JSON value stands for: the bytes of a string, nothing
 * for null, any other value as it was sent. */
static const char *
reply_body(const struct jsn_slice *body, struct arena *arena, size_t *len)
{
	struct jsn_chars chars = { body->text, body->len, false };
	struct buf scratch;
	const char *copy;

	buf_init(&scratch);
	if (body->type == JSN_STRING)
		chars = jsn_chars(body, &scratch);
	*len = body->type == JSN_NULL ? 0 : chars.len;
	copy = arena_copy(arena, chars.text, *len);
	buf_release(&scratch);
	return copy;
}

static const char *
reply_status(const struct jsn_slice *slice, struct arena *arena)
{
	struct jsn *number = NULL;
	int64_t code = 200;
	struct err err;

	/* An invalid status becomes 200 (wire/losant 1.7). */
	if (slice->type == JSN_NUMBER &&
	    jsn_parse(slice->text, slice->len, &number, &err) == 0 &&
	    (!jsn_integer(number, &code) || code < 200 || code > 599))
		code = 200;
	jsn_free(&number);
	return arena_printf(arena, "%d", (int)code);
}

struct lines {
	struct buf text;
	const char *names[HEADERS_MAX];
	size_t n;
	struct err *err;
};

/* Returns whether HTTP allows the header, and sets the length of its value,
 * from which it removes blanks at the ends. */
static bool
header_is_valid(const char *name, const char **value, size_t *n)
{
	size_t token = header_token_length(name);

	*n = word_trim(value, strlen(*value), " \t");
	return token > 0 && name[token] == '\0' &&
	    header_value_is_valid(*value, *n);
}

/* Appends "name: value\n" if both are valid in a header. */
static int
put_header(const char *name, const struct jsn *value, void *ctx)
{
	const char *text = jsn_string(value);
	struct lines *lines = ctx;
	size_t i, n;

	if (text == NULL || !header_is_valid(name, &text, &n))
		return 0;
	for (i = 0; i < lines->n; i++)
		if (strcasecmp(lines->names[i], name) == 0)
			return err_set(lines->err, ERR_BAD_REQUEST,
			    "headers: %.64s: duplicate header", name);
	buf_printf(&lines->text, "%s: %.*s\n", name, (int)n, text);
	if (lines->n == HEADERS_MAX || lines->text.len > HEADERS_SIZE)
		return err_set(lines->err, ERR_BAD_REQUEST,
		    "headers: must be at most %d, of at most %d bytes",
		    HEADERS_MAX, HEADERS_SIZE);
	lines->names[lines->n++] = name;
	return 0;
}

static int
reply_headers(const struct jsn_slice *slice, struct arena *arena,
    const char **out, struct err *err)
{
	struct jsn *headers = NULL;
	struct lines lines = { .err = err };
	int rc;

	*out = "";
	if (slice->type != JSN_OBJECT)
		return 0;
	if (jsn_parse(slice->text, slice->len, &headers, err) < 0)
		return err_prefix(err, "headers");
	buf_init(&lines.text);
	rc = jsn_each(headers, put_header, &lines);
	jsn_free(&headers);
	*out = arena_take(arena, &lines.text);
	return rc;
}

static int
reply_read(const struct req *req, struct jsn_slice out[MEMBER__COUNT],
    struct err *err)
{
	size_t i;

	for (i = 0; i < MEMBER__COUNT; i++)
		if (jsn_find(req->body, req->body_len, members[i],
		    &out[i]) > 1)
			return err_set(err, ERR_BAD_REQUEST,
			    "%s: duplicate member", members[i]);
	return 0;
}

static int
reply_store(struct req *req, const char *webhook, const char *event,
    const struct jsn_slice *reply, struct err *err)
{
	size_t len;
	const char *headers, *body = reply_body(&reply[MEMBER_BODY],
	    req->arena, &len);

	if (len > (size_t)req->services->conf->losant_body_limit)
		return err_set(err, ERR_TOO_LARGE, "body: must be at most %lld "
		    "bytes", (long long)req->services->conf->losant_body_limit);
	if (reply_headers(&reply[MEMBER_HEADERS], req->arena, &headers,
	    err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(event), PG_TEXT(webhook),
		PG_TEXT(req->id),
		PG_TEXT(reply_status(&reply[MEMBER_CODE], req->arena)),
		PG_TEXT(headers), PG_BYTES(body, len)
	};
	struct pg_result *row = NULL;
	const char *stored;
	int rc = 0;

	if (pg_run(req->db, SQL_REPLY_STORE, values, &row, err) < 0)
		return -1;
	stored = pg_rows(row) == 0 ? NULL : pg_text(row, 0, 0);
	if (stored == NULL)
		rc = err_set(err, ERR_NOT_FOUND, "Reply was not found");
	else if (strcmp(stored, "true") != 0)
		rc = err_set(err, ERR_CONFLICT,
		    "the event already has a reply");
	pg_result_free(&row);
	return rc;
}

static int
reply_post(struct req *req, struct resp *resp, struct err *err)
{
	const struct principal *principal = req->principal;
	const char *webhook = req->params[1];
	char event[ID_UUID_SIZE];
	struct jsn_slice reply[MEMBER__COUNT];

	if (!reply_event(req, webhook, event) ||
	    (principal->hooks != NULL &&
	    !auth_lists(principal->hooks, webhook)))
		return err_set(err, ERR_NOT_FOUND, "Reply was not found");
	if (req->body_type != JSN_OBJECT)
		return err_set(err, ERR_BAD_REQUEST, "body is the wrong type");
	if (reply_read(req, reply, err) < 0 ||
	    reply_store(req, webhook, event, reply, err) < 0)
		return -1;
	http_json(resp, "{\"success\":true}");
	return 0;
}

/* -- the response to the caller */

/* Headers that only the web server or Creel sets: they are removed from a
 * reply. */
static const char *const reserved_headers[] = {
	"alt-svc", "clear-site-data", "connection", "content-encoding",
	"content-length", "content-security-policy", "creel-event",
	"idempotency-replayed", "keep-alive", "proxy-authenticate",
	"refresh", "retry-after", "server", "service-worker-allowed",
	"set-cookie", "status",
	"strict-transport-security", "te", "trailer", "transfer-encoding",
	"upgrade", "x-content-type-options", "x-lighttpd-send-file",
	"x-sendfile", "x-sendfile2", "x-xss-protection", NULL
};

/* The media types that a reply may have; any other becomes JSON. */
static const char *const reply_types[] = {
	"application/json", "application/xml", "text/plain", "text/xml",
	"text/csv", NULL
};

/* Returns whether the n bytes at s are one of the words, in any case. */
static bool
is_listed(const char *const *words, const char *s, size_t n)
{
	while (*words != NULL && !word_is(s, n, *words))
		words++;
	return *words != NULL;
}

static bool
is_reserved(const char *name)
{
	/* nginx acts on X-Accel-*. */
	return is_listed(reserved_headers, name, strlen(name)) ||
	    strncasecmp(name, "x-accel-", 8) == 0;
}

/* Splits lines, each "name: value\n", into headers, which borrow their text.
 * Location requires a redirect. */
static void
set_headers(struct resp *resp, char *lines, const char **type)
{
	char *name, *value, *end;

	*type = "application/json";
	for (name = lines; *name != '\0'; name = end + 1) {
		end = strchr(name, '\n');
		value = strstr(name, ": ");
		*value = *end = '\0';
		value += 2;
		if (strcasecmp(name, "content-type") == 0) {
			if (is_listed(reply_types, value,
			    header_type_valid(value)))
				*type = value;
		} else if (!is_reserved(name) &&
		    (strcasecmp(name, "location") != 0 ||
		    resp->status / 100 == 3)) {
			http_set(resp, name, value);
		}
	}
}

/* Implements poll_fn. */
static int
reply_poll(struct req *req, void *ctx, bool late, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(req->hook->application),
	    PG_TEXT(req->resp.event) };
	struct pg_result *row = NULL;
	const char *type, *body;
	size_t len;
	int found;

	(void)ctx;
	if (pg_run(req->db, SQL_REPLY_FIND, values, &row, err) < 0)
		return late ? -1 : 0;
	found = pg_rows(row) > 0;
	if (found) {
		/* Replaces the response of a call that does not wait. */
		req->resp.n_headers = 0;
		req->resp.status = atoi(pg_text(row, 0, 0));
		set_headers(&req->resp, arena_strdup(req->arena,
		    pg_text(row, 0, 1)), &type);
		body = pg_bytes(row, 0, 2, &len);
		http_body(&req->resp, type, arena_copy(req->arena, body, len),
		    len);
		http_set(&req->resp, "Content-Security-Policy", HTTP_SANDBOX);
		http_set(&req->resp, "X-XSS-Protection", "1; mode=block");
	}
	pg_result_free(&row);
	if (!found && late)
		return err_set(err, ERR_TIMEOUT,
		    "Time out waiting for workflow reply");
	return found;
}

void
reply_await(struct req *req)
{
	char key[WAITQUEUE_KEY_SIZE];

	snprintf(key, sizeof(key), "reply %s", req->resp.event);
	longpoll_begin(req, LONGPOLL_CALLER, key, WAIT_SECONDS, POLL_MS,
	    reply_poll, NULL);
}
