/* SPDX-License-Identifier: ISC */
/*
 * The Quixy door: calls to forms.  Each call is stored as an event with the
 * result of the check of its fields; the sender can request its status later.
 */
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/jsn_walk.h"
#include "base/rate.h"
#include "db/pg.h"
#include "door/quixy.h"
#include "event/event.h"
#include "hook/form_check.h"
#include "hook/hook.h"
#include "http/urlencoded.h"

#define REJECTED_MAX 60		/* stored per form and RATE_WINDOW_MS */

static void quixy_error(const struct req *, const struct err *, struct resp *);
static target_fn form_only, form_named, history_form;
static route_fn incoming_post;

static const struct dialect dialect_quixy = { .name = "quixy",
    .error = quixy_error, .challenge = "Bearer" };

#define QUIXY_AUTH (AUTH_BEARER | AUTH_API_KEY | AUTH_QUERY | AUTH_THROTTLE)
#define QUIXY_READ (SCOPE_EVENT_GET | SCOPE_FORM_POST)
#define QUIXY_LIMIT CONF_LIMIT(quixy_body_limit)

const struct route quixy_routes[] = {
	{ "POST", "/webhook/app/incoming-data", &dialect_quixy, QUIXY_AUTH,
	    SCOPE_FORM_POST, form_only, BODY_JSON_TYPED, QUIXY_LIMIT,
	    incoming_post },
	{ "POST", "/webhook/app/:key/incoming-data", &dialect_quixy,
	    QUIXY_AUTH, SCOPE_FORM_POST, form_named, BODY_JSON_TYPED,
	    QUIXY_LIMIT, incoming_post },
	/* A credential that may post may read the status of its own calls. */
	{ "GET", "/webhook/app/status/:id", &dialect_quixy, QUIXY_AUTH,
	    QUIXY_READ, NULL, BODY_NONE, 0, quixy_status },
	{ "GET", "/webhook/app/history", &dialect_quixy, QUIXY_AUTH,
	    QUIXY_READ, NULL, BODY_NONE, 0, quixy_history },
	{ "GET", "/webhook/app/:key/history", &dialect_quixy, QUIXY_AUTH,
	    QUIXY_READ, history_form, BODY_NONE, 0, quixy_history },
	/* These two read the credentials themselves, as their dialects say. */
	{ "POST", "/webhook/token", &dialect_quixy, AUTH_NONE, 0, NULL,
	    BODY_ANY, QUIXY_LIMIT, quixy_token },
	{ "POST", "/oauth/token", &quixy_oauth_dialect, AUTH_NONE, 0, NULL,
	    BODY_ANY, QUIXY_LIMIT, quixy_oauth },
	{ 0 }
};

void
quixy_answer(struct resp *resp, const char *json)
{
	http_json(resp, json);
	http_set(resp, "Cache-Control", "no-store");
	http_set(resp, "Pragma", "no-cache");
}

static void
quixy_error(const struct req *req, const struct err *err, struct resp *resp)
{
	bool token = resp->status == 401 && req->route != NULL &&
	    req->route->auth != AUTH_NONE;
	struct buf body;

	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "status", "Failed");
	jsn_write_string(&body, "message", token ?
	    "Invalid or expired token" : err->text);
	if (resp->event != NULL)
		jsn_write_string(&body, "request_id", resp->event);
	jsn_write_end(&body, '}');
	quixy_answer(resp, arena_take(req->arena, &body));
}

/* -- finding the form */

static int
word_find(const struct jsn_slice *word, void *ctx)
{
	const struct jsn_slice *wanted = ctx;

	return word->len == wanted->len &&
	    memcmp(word->text, wanted->text, wanted->len) == 0;
}

/* Returns whether the form accepts calls (wire/quixy 4.1, "App Usage"). */
static bool
is_webhook(const struct hook *hook)
{
	static const char name[] = "\"Webhook\"";
	struct jsn_slice usage;
	struct jsn_slice wanted = { JSN_STRING, name, sizeof(name) - 1 };

	jsn_find(hook->settings, strlen(hook->settings), "appUsage", &usage);
	return usage.type == JSN_ARRAY &&
	    jsn_elements(usage.text, usage.len, word_find, &wanted) != 0;
}

int
quixy_form_find(struct req *req, const char *key, struct err *err)
{
	int rc = hook_find(req, "form", key, err);

	if ((rc == 0 && !is_webhook(req->hook)) ||
	    (rc < 0 && err->code == ERR_NOT_FOUND)) {
		req->hook = NULL;
		return err_set(err, ERR_NOT_FOUND, "Form was not found");
	}
	return rc;
}

static int
history_form(struct req *req, struct err *err)
{
	return quixy_form_find(req, req->params[0], err);
}

static int incoming_rejected(struct req *, const struct err *);

static int
form_open(struct req *req, const char *key, struct err *err)
{
	if (quixy_form_find(req, key, err) < 0)
		return -1;
	req->on_reject = incoming_rejected;
	return 0;
}

static int
form_named(struct req *req, struct err *err)
{
	return form_open(req, req->params[0], err);
}

/* Implements target_fn for the URL in Quixy's documentation, which names no
 * form: finds the token's form, or the only one that the credential has access
 * to. */
static int
form_only(struct req *req, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(req->principal->applications),
		PG_TEXT(req->principal->hooks),
		PG_TEXT(req->principal->organization)
	};
	struct pg_result *row = NULL;
	const char *key;
	int rc;

	if (pg_run(req->db, SQL_FORM_ONLY, values, &row, err) < 0)
		return -1;
	key = pg_text(row, 0, 0);
	if (key == NULL)
		rc = err_set(err, ERR_NOT_FOUND, "Form was not found");
	else if (strcmp(pg_text(row, 0, 1), "1") != 0)
		rc = err_set(err, ERR_BAD_REQUEST, "app key: required, "
		    "because there are several forms: "
		    "/webhook/app/KEY/incoming-data");
	else
		rc = form_open(req, key, err);
	pg_result_free(&row);
	return rc;
}

/* -- a call */

/* Returns the query to store: without the credential. */
static const char *
query_stored(struct req *req)
{
	const char *query;

	urlencoded_cut(req->arena, req->query, AUTH_QUERY_NAME, NULL, &query);
	return query;
}

/* Called after the commit, or if a call with the same idempotency key was
 * committed before. */
static void
incoming_stored(struct req *req, const struct err *err)
{
	struct resp *resp = &req->resp;
	struct buf body;

	if (err == NULL) {
		buf_init(&body);
		jsn_write_object(&body, NULL);
		jsn_write_string(&body, "status", "Success");
		jsn_write_string(&body, "message", "Request accepted");
		jsn_write_string(&body, "request_id", resp->event);
		jsn_write_string(&body, "status_check_url",
		    arena_printf(req->arena, "%s/webhook/app/status/%s",
		    http_base(req), resp->event));
		jsn_write_end(&body, '}');
		quixy_answer(resp, arena_take(req->arena, &body));
	}
	req->complete(req, err);
}

/* Invalid fields fail the call, but not the request (wire/quixy 4.3). */
static int
incoming_post(struct req *req, struct resp *resp, struct err *err)
{
	struct event_call call = {
		.query = query_stored(req),
		.on_commit = incoming_stored
	};
	struct form_outcome outcome;
	struct form_fields *fields;

	(void)resp;
	if (req->body_type != JSN_OBJECT)
		return err_set(err, ERR_BAD_REQUEST,
		    "body: must be a JSON object");
	if (form_fields_stored(req->hook->id, req->hook->settings, req->arena,
	    &fields, err) < 0)
		return -1;
	form_check(fields, req->body, req->body_len, req->arena, &outcome);
	call.status = outcome.ok ? EVENT_SUCCESS : EVENT_FAILED;
	call.parsed = outcome.record;
	call.remarks = outcome.remarks;
	return event_store(req, &call, err);
}

/* Stores a rejected call in the history, without the body, if the sender caused
 * the error. */
static int
incoming_rejected(struct req *req, const struct err *why)
{
	struct err *rejection, ignored;
	struct event_call call = { .status = EVENT_FAILED };

	if (err_status(why->code) >= 500 ||
	    (req->services->rate != NULL &&
	    !rate_take(req->services->rate,
	    arena_printf(req->arena, "refused %s", req->hook->id),
	    REJECTED_MAX)))
		return -1;
	rejection = arena_alloc(req->arena, sizeof(*rejection));
	*rejection = *why;
	body_set(req, "", 0);
	call.query = query_stored(req);
	call.remarks = rejection->text;
	call.refusal = rejection;
	return event_store(req, &call, &ignored);
}
