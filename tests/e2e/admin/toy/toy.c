/* SPDX-License-Identifier: ISC */
/* A door for test_door.py, with a dialect and secrets of its own.  Its first
 * segments are similar to other names: Wallboard's is public-api, and a host has
 * pages too. */
#include <string.h>

#include "base/buf.h"
#include "door/toy.h"
#include "event/event.h"
#include "hook/hook.h"

static void toy_error(const struct req *, const struct err *, struct resp *);
static target_fn toy_open;
static route_fn toy_call;

static const char *const secrets[] = { "toy.pin", NULL };

static const struct dialect dialect_toy = { .name = "toy",
    .error = toy_error, .challenge = "Basic realm=\"toy\"",
    .secrets = secrets };

#define TOY_ROW(path) { .method = "POST", .pattern = path, \
	.dialect = &dialect_toy, .auth = AUTH_PATH, .target = toy_open, \
	.body = BODY_ANY, .limit = CONF_LIMIT(losant_body_limit), \
	.handler = toy_call }

const struct route toy_routes[] = {
	TOY_ROW("/public/in/:key"),
	TOY_ROW("/host/in/:key"),
	{ 0 }
};

static void
toy_error(const struct req *req, const struct err *err, struct resp *resp)
{
	const char *text = arena_printf(req->arena,
	    "toy's \"error\" %d\\%s", resp->status, err->text);

	http_body(resp, "text/x-toy", text, strlen(text));
	if (resp->status == 413)
		http_set(resp, "X-TOY", "too big");
	else
		http_set(resp, "X-Toy", "broken");
}

static int
toy_open(struct req *req, struct err *err)
{
	return hook_open(req, "webhook", req->params[0], err);
}

static int
toy_call(struct req *req, struct resp *resp, struct err *err)
{
	static const struct event_call call = { .status = EVENT_SUCCESS,
	    .path = "/", .query = "" };

	http_set(resp, "X-Toy", "played");
	return event_store(req, &call, err);
}
