/* SPDX-License-Identifier: ISC */
/*
 * Losant's public trigger of webhooks; their REST API is resource/webhook.c.
 * The token in the path is the credential, so it is neither stored nor logged;
 * only the path after it is.
 */
#include <string.h>
#include <time.h>

#include "auth/alexa.h"
#include "auth/auth.h"
#include "auth/auth_basic.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/rate.h"
#include "door/losant_trigger.h"
#include "event/event.h"
#include "event/reply.h"
#include "hook/hook.h"
#include "http/cast.h"
#include "http/content.h"
#include "http/cors.h"
#include "http/urlencoded.h"

static void trigger_error(const struct req *, const struct err *,
    struct resp *);
static const char *trigger_origins(const struct req *);
static target_fn webhook_find, webhook_open;
static route_fn webhook_options, webhook_trigger;

/* Verification codes of Meta and Fitbit. */
static const char *const secrets[] = { "hub.verify_token", "verify", NULL };

static const struct dialect dialect_trigger = { .name = "losant",
    .error = trigger_error, .challenge = "Basic realm=\"webhook\"",
    .origins = trigger_origins, .secrets = secrets };

const struct route losant_routes[] = {
	{ "ANY", "/webhooks/:token/*", &dialect_trigger, AUTH_PATH, 0,
	    webhook_open, BODY_ANY, CONF_LIMIT(losant_body_limit),
	    webhook_trigger },
	/* Browsers and CloudEvents senders ask without a credential. */
	{ "OPTIONS", "/webhooks/:token/*", &dialect_trigger, AUTH_PATH, 0,
	    webhook_find, BODY_NONE, 0, webhook_options },
	{ 0 }
};

/* A webhook's settings, in the request's arena; defaults: wire/losant 1.6. */
struct webhook {
	int64_t response_code;
	const char *verification;
	const char *code;
	const char *user;
	const char *password;
	const char *cast;
	const char *origins;	/* that may call it: cors.h */
	bool annotate;
	bool websocket;
	bool wait;
	bool store_head;
};

/* Losant's texts by status; other errors are sent with their own text. */
static const struct {
	int status;
	const char *text;
} error_texts[] = {
	{ 401, "Unauthorized" },
	{ 404, "No webhook found" },
	{ 413, "Request entity too large" },
	{ 429, "Over rate limit, request throttled" },
	{ 0, NULL }
};

static void
trigger_error(const struct req *req, const struct err *err, struct resp *resp)
{
	const char *text = err->text;
	struct buf body;
	size_t i;

	for (i = 0; error_texts[i].text != NULL; i++)
		if (error_texts[i].status == resp->status)
			text = error_texts[i].text;
	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "error", text);
	jsn_write_end(&body, '}');
	http_json(resp, arena_take(req->arena, &body));
}

static const char *
setting_text(const struct jsn *settings, const char *name, const char *preset,
    struct arena *arena)
{
	const char *text = jsn_string(jsn_get(settings, name));

	return text == NULL ? preset : arena_strdup(arena, text);
}

static int
webhook_read(const struct req *req, struct webhook *out, struct err *err)
{
	struct arena *arena = req->arena;
	const char *text = req->hook->settings;
	struct jsn *settings = NULL;

	if (jsn_parse(text, strlen(text), &settings, err) < 0) {
		err->code = ERR_INTERNAL;
		return -1;
	}
	if (!jsn_integer(jsn_get(settings, "responseCode"),
	    &out->response_code))
		out->response_code = 200;
	out->verification = setting_text(settings, "verificationType", "none",
	    arena);
	out->code = setting_text(settings, "verificationCode", "", arena);
	out->user = setting_text(settings, "basicAuthUsername", "", arena);
	out->password = setting_text(settings, "basicAuthPassword", "", arena);
	out->cast = setting_text(settings, "castBuffersAs", "array", arena);
	out->annotate = jsn_is_true(jsn_get(settings, "annotateMultipart"));
	out->websocket = jsn_is_true(jsn_get(settings, "isWebsocket"));
	out->wait = jsn_is_true(jsn_get(settings, "waitForReply"));
	out->origins = cors_read(jsn_get(settings, "allowedOrigins"), arena);
	out->store_head = jsn_is_true(jsn_get(settings, "storeHead"));
	jsn_free(&settings);
	return 0;
}

/* Implements target_fn.  Sets req->found to the webhook's settings. */
static int
webhook_find(struct req *req, struct err *err)
{
	struct webhook *webhook = arena_alloc(req->arena, sizeof(*webhook));

	if (hook_open(req, "webhook", req->params[0], err) < 0 ||
	    webhook_read(req, webhook, err) < 0)
		return -1;
	req->found = webhook;
	/* The trigger does not serve websocket webhooks. */
	return !webhook->websocket ? 0 :
	    err_set(err, ERR_NOT_FOUND, "websocket webhook");
}

static const char *
trigger_origins(const struct req *req)
{
	const struct webhook *webhook = req->found;

	return webhook == NULL ? "" : webhook->origins;
}

/* Returns whether the request is a HEAD that is not stored. */
static bool
is_probe(const struct req *req, const struct webhook *webhook)
{
	return http_is_head(req) && !webhook->store_head;
}

/* Counts a request of a kind, a word, to the webhook.  Each kind has its own
 * count, so that probes and failures do not use up the sender's rate. */
static int
rate_count(const struct req *req, const char *kind, struct err *err)
{
	const char *key;

	if (req->services->rate == NULL ||
	    req->services->conf->losant_rate == 0)
		return 0;
	key = arena_printf(req->arena, "%s %s", kind, req->hook->id);
	return rate_take(req->services->rate, key,
	    req->services->conf->losant_rate) ? 0 :
	    err_set(err, ERR_RATE, "too many calls");
}

/* Counts a request that is authenticated. */
static int
call_count(const struct req *req, struct err *err)
{
	return rate_count(req, is_probe(req, req->found) ? "probe" : "call",
	    err);
}

/* Counts a failed authentication, which err describes.  Always returns -1. */
static int
auth_failed(const struct req *req, struct err *err)
{
	rate_count(req, "fail", err);
	return -1;
}

static bool
has_password(const struct webhook *webhook)
{
	return *webhook->user != '\0' || *webhook->password != '\0';
}

static int
webhook_open(struct req *req, struct err *err)
{
	const struct webhook *webhook;

	if (webhook_find(req, err) < 0)
		return -1;
	webhook = req->found;
	/* A disabled webhook stores no event and checks no password
	 * (wire/losant 1.7). */
	if (req->hook->enabled && has_password(webhook) &&
	    !basic_matches(req, webhook->user, webhook->password)) {
		err_set(err, ERR_UNAUTHORIZED, "wrong user or password");
		return auth_failed(req, err);
	}
	/* verify_alexa() counts the calls that Alexa signed. */
	if (req->hook->enabled && strcmp(webhook->verification, "alexa") == 0)
		return 0;
	return call_count(req, err);
}

/* -- OPTIONS */

/* Responds to the handshake of a CloudEvents sender that asks for permission to
 * deliver (http-webhook 4.2).  Dispatch adds the rest. */
static int
webhook_options(struct req *req, struct resp *resp, struct err *err)
{
	const char *sender = http_header(req, "webhook-request-origin", NULL);
	int64_t rate = req->services->conf->losant_rate;

	(void)err;
	if (sender != NULL)
		sender = cors_match(trigger_origins(req), sender);
	resp->status = sender == NULL ? 204 : 200;
	if (sender == NULL)
		return 0;
	http_set(resp, "WebHook-Allowed-Origin", sender);
	http_set(resp, "WebHook-Allowed-Rate", rate == 0 ? "*" :
	    arena_printf(req->arena, "%lld", (long long)rate * 60 * 1000 /
	    RATE_WINDOW_MS));
	return 0;
}

/* -- verification */

static bool
is_get(const struct req *req)
{
	return strcmp(req->method, "GET") == 0 || http_is_head(req);
}

/* Responds to the handshake of Meta's webhooks; other calls are events. */
static int
verify_facebook(struct req *req, const struct webhook *webhook,
    struct resp *resp, struct err *err)
{
	struct arena *arena = req->arena;
	const char *mode = urlencoded_get(arena, req->query, "hub.mode");
	const char *token =
	    urlencoded_get(arena, req->query, "hub.verify_token");
	const char *challenge =
	    urlencoded_get(arena, req->query, "hub.challenge");

	if (!is_get(req) || mode == NULL || strcmp(mode, "subscribe") != 0)
		return 0;
	if (token == NULL || challenge == NULL ||
	    !secret_equals(token, webhook->code))
		return err_set(err, ERR_FORBIDDEN, "Forbidden");
	resp->status = 200;
	http_body(resp, "text/plain", challenge, strlen(challenge));
	return 1;
}

/* Fitbit sends two GETs, one with a wrong code, which must get 404; all other
 * responses are 204. */
static int
verify_fitbit(struct req *req, const struct webhook *webhook,
    struct resp *resp, struct err *err)
{
	const char *code = urlencoded_get(req->arena, req->query, "verify");

	(void)err;
	resp->status = 204;
	if (!is_get(req) || code == NULL)
		return 0;
	if (!secret_equals(code, webhook->code))
		resp->status = 404;
	return 1;
}

/* The response is an empty TwiML document. */
static int
verify_twilio(struct req *req, const struct webhook *webhook,
    struct resp *resp, struct err *err)
{
	static const char twiml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	    "<Response></Response>";

	(void)req;
	(void)webhook;
	(void)err;
	resp->status = 200;
	http_body(resp, "text/xml", twiml, sizeof(twiml) - 1);
	return 0;
}

/* Rejects requests that Alexa did not sign (wire/losant 1.7). */
static int
verify_alexa(struct req *req, const struct webhook *webhook,
    struct resp *resp, struct err *err)
{
	(void)webhook;
	(void)resp;
	if (alexa_verify(auth_alexa(req->services->auth), req, time(NULL),
	    err) == 0)
		return call_count(req, err);
	return err_status(err->code) < 500 ? auth_failed(req, err) : -1;
}

/* verify returns 1 if resp is complete and no event is stored, 0 if an event is
 * stored with this response, -1 if the call is rejected. */
static const struct {
	const char *name;
	int (*verify)(struct req *, const struct webhook *, struct resp *,
	    struct err *);
} verifications[] = {
	{ "facebook", verify_facebook },
	{ "fitbit", verify_fitbit },
	{ "twilio", verify_twilio },
	{ "alexa", verify_alexa },
	{ NULL, NULL }
};

static int
verify(struct req *req, const struct webhook *webhook, struct resp *resp,
    struct err *err)
{
	size_t i;

	for (i = 0; verifications[i].name != NULL; i++)
		if (strcmp(verifications[i].name, webhook->verification) == 0)
			return verifications[i].verify(req, webhook, resp,
			    err);
	return 0;
}

static void
answer(struct resp *resp)
{
	if (resp->body == NULL)
		http_json(resp, "{\"success\":true}");
}

/* -- storing */

/* Called after the commit: from now on a reader may reply to the event. */
static void
trigger_await(struct req *req, const struct err *err)
{
	if (err == NULL) {
		reply_await(req);
		return;
	}
	longpoll_cancel(req);
	req->complete(req, err);
}

/* Stores the call.  The response is sent after the commit or, if the webhook
 * waits, after the reply. */
static int
trigger_store(struct req *req, const struct webhook *webhook, struct err *err)
{
	struct content content;
	const struct event_call call = {
		.status = EVENT_SUCCESS,
		.path = *req->rest == '\0' ? "/" : req->rest,
		.waits = webhook->wait,
		.authorization = !has_password(webhook),
		.content = &content,
		.on_commit = webhook->wait ? trigger_await : NULL
	};
	int rc;

	content_any(req, cast_parse(webhook->cast), webhook->annotate,
	    &content);
	if (webhook->wait && longpoll_reserve(req, err) < 0)
		return -1;
	rc = event_store(req, &call, err);
	/* Otherwise a writer owns the request, and may have released it. */
	if (rc < 0 && webhook->wait)
		longpoll_cancel(req);
	return rc;
}

static int
webhook_trigger(struct req *req, struct resp *resp, struct err *err)
{
	const struct webhook *webhook = req->found;
	int rc;

	/* The response does not disclose that no event is stored. */
	if (!req->hook->enabled) {
		answer(resp);
		return 0;
	}
	/* 1xx is not a final response (RFC 9110, section 15.2); 204 has no
	 * body either. */
	resp->status = webhook->response_code < 200 ? 204 :
	    (int)webhook->response_code;
	if ((rc = verify(req, webhook, resp, err)) != 0)
		return rc < 0 ? -1 : 0;
	if (is_probe(req, webhook)) {
		answer(resp);
		return 0;
	}
	if (!webhook->wait)
		answer(resp);
	return trigger_store(req, webhook, err);
}
