/* SPDX-License-Identifier: ISC */
/* Dispatch: finds the route of a request, calls its handler and logs it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "auth/auth.h"
#include "base/logger.h"
#include "base/metrics.h"
#include "creel/dispatch.h"
#include "creel/routes.h"
#include "db/usage.h"
#include "event/event.h"
#include "hook/hook.h"
#include "http/cors.h"

#define RETRY_RATE "10"		/* seconds, with a 429: the window of the
				 * counters (rate.h) */

static size_t
body_limit(const struct req *req)
{
	const char *conf = (const char *)req->services->conf;

	return req->route->body == BODY_NONE ? 0 :
	    (size_t)*(const int64_t *)(const void *)(conf + req->route->limit);
}

/* Sets req->dialect even if the request does not parse, so that the error is
 * sent in the dialect of its door. */
static int
find_route(struct req *req, char *const *env, struct err *err)
{
	int parsed = http_parse(req, env, err);
	enum route_match match = route_find(routes, req, &req->dialect);

	if (parsed < 0)
		return -1;
	switch (match) {
	case ROUTE_FOUND:
		return 0;
	case ROUTE_OTHER_METHOD:
		return err_set(err, ERR_METHOD_NOT_ALLOWED,
		    "%.32s is not allowed", req->method);
	case ROUTE_MALFORMED:
		return err_set(err, ERR_BAD_REQUEST,
		    "path: invalid percent-encoding");
	case ROUTE_UNKNOWN:
		break;
	}
	return err_set(err, ERR_NOT_FOUND, "Route was not found");
}

/* Returns whether the client must be authenticated before any look-up. */
static bool
needs_principal(const struct route *route)
{
	return route->auth != AUTH_NONE && route->auth != AUTH_ADDRESS &&
	    route->auth != AUTH_PATH;
}

/* Checks credential, scope and target in this order: nothing is looked up for
 * an unauthenticated client. */
static int
authorize(struct req *req, struct err *err)
{
	const struct route *route = req->route;

	if (needs_principal(route)) {
		if (auth_identify(req, route->auth, err) < 0)
			return -1;
		if ((req->principal->scopes & route->scopes) == 0)
			return err_set(err, ERR_FORBIDDEN,
			    "the credential lacks the scope for this");
	}
	return route->target == NULL ? 0 : route->target(req, err);
}

/* Checks the quotas of calls before the body is received. */
static int
admit(struct req *req, struct err *err)
{
	return req->hook == NULL || strcmp(req->method, "OPTIONS") == 0 ? 0 :
	    event_admit(req, err);
}

/* Runs the handler, unless the body was rejected (why). */
static int
serve(struct req *req, const struct err *why, struct err *err)
{
	int rc;

	if (why != NULL)
		*err = *why;
	else if (body_end(req, err) == 0 &&
	    (rc = req->route->handler(req, &req->resp, err)) >= 0)
		return rc;
	return req->on_reject == NULL ? -1 : req->on_reject(req, err);
}

/* Returns whether the response is made from the tables: to OPTIONS on a known
 * path, without a credential, as it shows no more than 405 does. */
static bool
is_options(const struct req *req, const struct err *err)
{
	return strcmp(req->method, "OPTIONS") == 0 &&
	    (err == NULL || err->code == ERR_METHOD_NOT_ALLOWED);
}

/* Adds to what the path's own row for OPTIONS has set, if it has one. */
static void
answer_options(struct req *req, const char *origins)
{
	const char *allow = route_allow(routes, req);

	if (req->route == NULL)
		req->resp.status = 204;
	http_set(&req->resp, "Allow", allow);
	cors_preflight(req, origins, allow, &req->resp);
}

static const char *
number(const struct req *req, int64_t n)
{
	return arena_printf(req->arena, "%" PRId64, n);
}

/* The one place where an err becomes a response. */
static void
answer_error(struct req *req, const struct err *why)
{
	struct resp *resp = &req->resp;
	/* The event is stored, even if the response is an error. */
	const char *event = resp->event;
	struct err err = *why;

	memset(resp, 0, sizeof(*resp));
	resp->event = event;
	resp->status = err_status(err.code);
	/* A missing reply is not an internal error, which would be hidden. */
	if (resp->status >= 500 && err.code != ERR_TIMEOUT) {
		log_error("request id=%s error=%s", req->id, err.text);
		err_set(&err, err.code, "The service is not available now");
		http_set(resp, "Retry-After", DISPATCH_RETRY_AFTER);
	}
	req->dialect->error(req, &err, resp);
	if (resp->status == 429)
		http_set(resp, "Retry-After", req->left != NULL &&
		    req->left->retry > 0 ? number(req, req->left->retry) :
		    RETRY_RATE);
	if (resp->status == 401)
		http_set(resp, "WWW-Authenticate", req->dialect->challenge);
	if (resp->status == 405)
		http_set(resp, "Allow", route_allow(routes, req));
}

static int64_t
elapsed_us(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * INT64_C(1000000) +
	    (now.tv_nsec - since->tv_nsec) / 1000;
}

static void
count_request(const struct req *req, int64_t us)
{
	char status[16];

	snprintf(status, sizeof(status), "%d", req->resp.status);
	metrics_count(METRIC_REQUESTS, req->dialect->name, status);
	metrics_observe(METRIC_REQUEST_TIME, us);
}

/*
 * Logs one line per request.  Path and query may contain secrets, so the line
 * has the route and the hook instead.
 */
static void
log_request(const struct req *req, int64_t us)
{
	const struct resp *resp = &req->resp;

	log_info("request id=%s event=%s method=%.32s door=%s route=%s hook=%s "
	    "principal=%.128s remote=%.64s status=%d in=%zu out=%zu ms=%lld.%d",
	    req->id, resp->event == NULL ? "-" : resp->event, req->method,
	    req->dialect->name,
	    req->route == NULL ? "-" : req->route->pattern,
	    req->hook == NULL ? "-" : req->hook->id,
	    req->principal == NULL ? "-" : req->principal->name, req->remote,
	    resp->status, req->raw_len, resp->body_len,
	    (long long)us / 1000, (int)(us % 1000 / 100));
}

/* Sets the fields of draft-ietf-httpapi-ratelimit-headers-06. */
static void
answer_left(struct req *req, const struct usage_left *left)
{
	struct resp *resp = &req->resp;

	http_set(resp, "RateLimit-Limit", number(req, left->limit));
	http_set(resp, "RateLimit-Remaining", number(req, left->remaining));
	http_set(resp, "RateLimit-Reset", number(req, left->reset));
	http_set(resp, "RateLimit-Policy", left->policy);
}

/* Completes and sends every response, on any thread. */
static void
complete(struct req *req, const struct err *err)
{
	struct resp *resp = &req->resp;
	const char *origins = req->dialect->origins == NULL ? "" :
	    req->dialect->origins(req);
	bool options = is_options(req, err);
	int64_t us;

	if (options)
		answer_options(req, origins);
	else if (err != NULL)
		answer_error(req, err);
	if (!options)
		cors_respond(req, origins, resp);
	if (resp->event != NULL)
		http_set(resp, "Creel-Event", resp->event);
	if (resp->replayed) {
		http_set(resp, "Idempotency-Replayed", "true");
		metrics_count(METRIC_REPLAYED, req->dialect->name, NULL);
	}
	if (req->left != NULL)
		answer_left(req, req->left);
	http_set(resp, "X-Content-Type-Options", "nosniff");
	http_finish(req, resp);
	us = elapsed_us(&req->since);
	count_request(req, us);
	log_request(req, us);
	req->send(req);
}

static void
begin(struct req *req)
{
	clock_gettime(CLOCK_MONOTONIC, &req->since);
	req->complete = complete;
	req->authorize = authorize;
	req->resp.status = 200;
	body_set(req, "", 0);
}

bool
dispatch(struct req *req, char *const *env)
{
	struct err err;

	begin(req);
	if (find_route(req, env, &err) < 0 || authorize(req, &err) < 0 ||
	    admit(req, &err) < 0) {
		complete(req, &err);
		return false;
	}
	req->body_rule = req->route->body;
	req->body_limit = body_limit(req);
	return true;
}

void
dispatch_body(struct req *req, const struct err *why)
{
	struct err err;
	int rc = serve(req, why, &err);

	if (rc != HTTP_LATER)
		complete(req, rc < 0 ? &err : NULL);
}

void
dispatch_unavailable(struct req *req, char *const *env, const struct err *why)
{
	struct err err;

	begin(req);
	find_route(req, env, &err);
	err_set(&err, ERR_CONFIG, "%s", why->text);
	complete(req, &err);
}
