/* SPDX-License-Identifier: ISC */
/*
 * The Wallboard door: a call names an action by its event id.  It is stored as
 * one event with a copy of the action's steps and targets, and the devices
 * request their commands.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/jsn_walk.h"
#include "door/wallboard.h"
#include "event/event.h"
#include "hook/hook.h"
#include "hook/label.h"
#include "http/body.h"
#include "http/payload.h"
#include "http/urlencoded.h"

#define ENDPOINT "/public-api/integration/webhooks"
/* All JSON parsers read integers up to here exactly (RFC 8259, section 6). */
#define NUMBER_MAX 9007199254740991
#define NUMBER_DIGITS 16

static void wallboard_error(const struct req *, const struct err *,
    struct resp *);
static const char *wallboard_origins(const struct req *);
static route_fn action_post, action_get;

#define PAYLOAD "payload"	/* the parameter with the body of a GET */

static const char *const secrets[] = { PAYLOAD, NULL };

static const struct dialect dialect_wallboard = { .name = "wallboard",
    .error = wallboard_error, .challenge = "ApiKey",
    .origins = wallboard_origins, .secrets = secrets };

#define WALLBOARD_AUTH (AUTH_WEBHOOK_KEY | AUTH_QUERY_KEY | AUTH_SAME | \
	AUTH_NO_HEAD)

const struct route wallboard_routes[] = {
	{ "GET", "/public-api/integration/webhooks", &dialect_wallboard,
	    WALLBOARD_AUTH, SCOPE_ACTION_CALL, NULL, BODY_NONE, 0,
	    action_get },
	{ "POST", "/public-api/integration/webhooks", &dialect_wallboard,
	    WALLBOARD_AUTH, SCOPE_ACTION_CALL, NULL, BODY_JSON,
	    CONF_LIMIT(wallboard_body_limit), action_post },
	{ 0 }
};

/* -- responses */

/* Pages of wallboard_origin call the door's one path. */
static const char *
wallboard_origins(const struct req *req)
{
	const struct conf *conf = req->services->conf;

	return conf == NULL || strncmp(req->path, ENDPOINT,
	    sizeof(ENDPOINT) - 1) != 0 ? "" : conf->wallboard_origin;
}

/* A GET triggers an action, so its response must not be cached, and its URL
 * contains the key, so browsers must not send it as Referer. */
static void
answer(struct resp *resp, const char *json)
{
	http_json(resp, json);
	http_set(resp, "Cache-Control", "no-store");
	http_set(resp, "Pragma", "no-cache");
	http_set(resp, "Expires", "0");
	http_set(resp, "Referrer-Policy", "no-referrer");
}

static void
wallboard_error(const struct req *req, const struct err *err,
    struct resp *resp)
{
	const char *text = resp->status == 401 ?
	    "API key: missing or invalid" : err->text;
	struct buf body;

	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "message", "Error");
	jsn_write_string(&body, "error", text);
	jsn_write_end(&body, '}');
	answer(resp, arena_take(req->arena, &body));
}

static void
action_stored(struct req *req, const struct err *err)
{
	struct buf json;

	if (err == NULL) {
		buf_init(&json);
		jsn_write_object(&json, NULL);
		jsn_write_string(&json, "message", "success");
		jsn_write_string(&json, "id", req->resp.event);
		jsn_write_end(&json, '}');
		answer(&req->resp, arena_take(req->arena, &json));
	}
	req->complete(req, err);
}

/* -- the event id */

static int
event_id_reject(const char *name, struct err *err)
{
	return err_set(err, ERR_BAD_REQUEST, "%s: must be a string of 1 to %d "
	    "characters without control characters, or an integer from 0 to "
	    "%lld", name, LABEL_MAX, (long long)NUMBER_MAX);
}

/* Reads an event id; a number equals the string of its digits. */
static int
event_id_read(struct req *req, const char *name,
    const struct jsn_slice *value, const char **out, struct err *err)
{
	struct jsn_chars text = { value->text, value->len, false };
	struct buf scratch;
	bool valid;

	buf_init(&scratch);
	if (value->type == JSN_STRING)
		text = jsn_chars(value, &scratch);
	*out = arena_copy(req->arena, text.text, text.len);
	valid = value->type == JSN_STRING ? !text.broken &&
	    label_is(text.text, text.len) : value->type == JSN_NUMBER &&
	    text.len <= NUMBER_DIGITS &&
	    strspn(*out, "0123456789") == text.len &&
	    strtoll(*out, NULL, 10) <= NUMBER_MAX;
	buf_release(&scratch);
	return valid ? 0 : event_id_reject(name, err);
}

/* Finds an optional member; out's type is JSN_NONE if it is missing.
 * Duplicates are an error. */
static int
member_find(const struct req *req, const char *name, struct jsn_slice *out,
    struct err *err)
{
	if (jsn_find(req->body, req->body_len, name, out) > 1)
		return err_set(err, ERR_BAD_REQUEST, "%s: duplicate member",
		    name);
	return 0;
}

static const char *const id_names[] = { "event_id", "eventId" };
#define ID_NAMES (sizeof(id_names) / sizeof(id_names[0]))

/* Sets *out to the value of one spelling; all spellings that a call has must
 * have the same value. */
static int
event_id_set(const char *id, const char **out, struct err *err)
{
	if (*out != NULL && strcmp(*out, id) != 0)
		return err_set(err, ERR_BAD_REQUEST,
		    "eventId: must equal event_id");
	*out = id;
	return 0;
}

static int
event_id_find(struct req *req, const char **out, struct err *err)
{
	struct jsn_slice value;
	const char *id;
	size_t i;

	for (*out = NULL, i = 0; i < ID_NAMES; i++) {
		if (member_find(req, id_names[i], &value, err) < 0)
			return -1;
		if (value.type != JSN_NONE && (event_id_read(req, id_names[i],
		    &value, &id, err) < 0 || event_id_set(id, out, err) < 0))
			return -1;
	}
	return *out != NULL ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "event_id: required");
}

static int
action_missing(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "event_id: no such action");
}

/* Sets req->hook to the action, and counts the call, because the row has no
 * target that names it.  Event ids are unique in an application only, so the
 * key must belong to exactly one. */
static int
action_find(struct req *req, const char *event_id, struct err *err)
{
	const char *application = auth_application(req->principal, req->arena);

	if (application == NULL)
		return action_missing(err);
	if (hook_find(req, "action", arena_printf(req->arena, "%s:%s",
	    application, event_id), err) == 0)
		return event_admit(req, err);
	return err->code != ERR_NOT_FOUND ? -1 : action_missing(err);
}

/* -- a call */

/* Returns whether a query parameter is a key, in any case. */
static bool
carries_key(const struct route *route, const char *name)
{
	const char *parameter;
	size_t i = 0;

	while ((parameter = auth_parameter(route->auth, i)) != NULL &&
	    strcasecmp(parameter, name) != 0)
		i++;
	return parameter != NULL;
}

/* Returns the query to store: without keys, even if their names are encoded or
 * in other case, and without the payload, which is stored as the body. */
static const char *
query_stored(struct req *req)
{
	const char *text = req->query, *name;
	struct buf others;
	size_t n;

	buf_init(&others);
	for (; *text != '\0'; text += n + (text[n] == '&')) {
		n = strcspn(text, "&");
		name = urlencoded_decode(req->arena, text, strcspn(text, "=&"),
		    NULL);
		if (strcasecmp(name, PAYLOAD) == 0 ||
		    carries_key(req->route, name))
			continue;
		if (others.len > 0)
			buf_addch(&others, '&');
		buf_add(&others, text, n);
	}
	return arena_take(req->arena, &others);
}

/* Returns a member of the action's settings, which are valid JSON. */
static struct jsn_slice
setting(const struct req *req, const char *name)
{
	const char *settings = req->hook->settings;
	struct jsn_slice out;

	jsn_find(settings, strlen(settings), name, &out);
	return out;
}

/* Returns a copy of the action's steps, with the data of the call, as JSON. */
static const char *
call_parsed(struct req *req, const char *event_id,
    const struct jsn_slice *sensor)
{
	struct jsn_slice timeout = setting(req, "timeout");
	struct jsn_slice commands = setting(req, "commands");
	struct buf out;

	buf_init(&out);
	jsn_write_object(&out, NULL);
	jsn_write_string(&out, "eventId", event_id);
	jsn_write_json(&out, "timeout", timeout.text, timeout.len);
	jsn_write_json(&out, "steps", commands.text, commands.len);
	if (sensor->type != JSN_NONE)
		jsn_write_json(&out, "sensorData", sensor->text, sensor->len);
	jsn_write_end(&out, '}');
	return arena_take(req->arena, &out);
}

static const char *
call_targets(struct req *req)
{
	struct jsn_slice targets = setting(req, "targets");
	struct jsn_chars text;
	struct buf scratch;
	char *out;

	buf_init(&scratch);
	text = jsn_chars(&targets, &scratch);
	out = arena_copy(req->arena, text.text, text.len);
	buf_release(&scratch);
	return out;
}

/* Calls an action; the body is that of a POST, or the payload of a GET. */
static int
action_call(struct req *req, struct err *err)
{
	struct event_call call = { .status = EVENT_PENDING,
	    .on_commit = action_stored };
	struct jsn_slice sensor;
	const char *event_id, *unfit;

	if (req->body_type != JSN_OBJECT)
		return err_set(err, ERR_BAD_REQUEST,
		    "body or payload: must be a JSON object");
	if (event_id_find(req, &event_id, err) < 0 ||
	    member_find(req, "sensor_data", &sensor, err) < 0)
		return -1;
	/* The query for the commands of a device would fail. */
	unfit = sensor.type == JSN_NONE ? NULL :
	    jsn_unfit(sensor.text, sensor.len);
	if (unfit != NULL)
		return err_set(err, ERR_BAD_REQUEST, "sensor_data: %s", unfit);
	if (action_find(req, event_id, err) < 0)
		return -1;
	call.query = query_stored(req);
	call.parsed = call_parsed(req, event_id, &sensor);
	call.targets = call_targets(req);
	return event_store(req, &call, err);
}

static int
query_check(const struct req *req, struct err *err)
{
	if (strlen(req->query) >
	    (size_t)req->services->conf->wallboard_query_limit)
		return err_set(err, ERR_URI_TOO_LONG,
		    "query: must be at most %lld bytes",
		    (long long)req->services->conf->wallboard_query_limit);
	return 0;
}

static int
action_post(struct req *req, struct resp *resp, struct err *err)
{
	(void)resp;
	if (query_check(req, err) < 0)
		return -1;
	return action_call(req, err);
}

/* -- GET */

static bool
is_in(const char *const *list, const char *word)
{
	while (*list != NULL && strcmp(*list, word) != 0)
		list++;
	return *list != NULL;
}

/* Returns whether a browser prefetches the URL before the user opens it.  Looks
 * at all headers of each name, because a proxy may have added one. */
static bool
is_speculative(const struct req *req)
{
	static const char *const names[] = { "sec-purpose", "purpose",
	    "x-purpose", "x-moz", NULL };
	const struct header *h = req->headers;

	for (; h < req->headers + req->n_headers; h++)
		if (is_in(names, h->name) &&
		    (strcasestr(h->value, "prefetch") != NULL ||
		    strcasestr(h->value, "prerender") != NULL ||
		    strcasestr(h->value, "preview") != NULL))
			return true;
	return false;
}

static int
parameter_find(const struct req *req, const char *name, const char **out,
    struct err *err)
{
	if (urlencoded_cut(req->arena, req->query, name, out, NULL) > 1)
		return err_set(err, ERR_BAD_REQUEST, "%s: duplicate parameter",
		    name);
	return 0;
}

/* Reads the oldest form: an event id without payload (wire/wallboard 5.3). */
static int
legacy_read(struct req *req, struct err *err)
{
	const char *id = NULL, *value;
	struct buf body;
	size_t i, len;

	for (i = 0; i < ID_NAMES; i++) {
		if (parameter_find(req, id_names[i], &value, err) < 0 ||
		    (value != NULL && event_id_set(value, &id, err) < 0))
			return -1;
		if (value != NULL && !label_is(value, strlen(value)))
			return event_id_reject(id_names[i], err);
	}
	if (id == NULL)
		return err_set(err, ERR_BAD_REQUEST, "payload: required");
	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "event_id", id);
	jsn_write_end(&body, '}');
	len = body.len;
	body_set(req, arena_take(req->arena, &body), len);
	req->body_type = JSN_OBJECT;
	return 0;
}

static int
payload_read(struct req *req, const char *payload, struct err *err)
{
	char *json;
	size_t len;

	if (payload_decode(req->arena, payload, &json, &len, err) < 0)
		return -1;
	body_set(req, json, len);
	return body_check_json(req, err) < 0 ? err_prefix(err, PAYLOAD) : 0;
}

static int
action_get(struct req *req, struct resp *resp, struct err *err)
{
	const char *payload;

	(void)resp;
	if (is_speculative(req))
		return err_set(err, ERR_FORBIDDEN,
		    "prefetch is not allowed");
	if (query_check(req, err) < 0 ||
	    parameter_find(req, PAYLOAD, &payload, err) < 0)
		return -1;
	if ((payload != NULL ? payload_read(req, payload, err) :
	    legacy_read(req, err)) < 0)
		return -1;
	return action_call(req, err);
}
