/* SPDX-License-Identifier: ISC */
/* Serves the workers' metrics. */
#include <string.h>

#include "base/buf.h"
#include "base/metrics.h"
#include "hook/dialect.h"
#include "resource/metrics.h"

static route_fn metrics_get;

const struct route metrics_routes[] = {
	{ "GET", "/metrics", &dialect_creel, AUTH_ADDRESS, 0, NULL, BODY_NONE,
	    0, metrics_get },
	{ 0 }
};

static int
metrics_get(struct req *req, struct resp *resp, struct err *err)
{
	struct buf text;
	const char *body;

	buf_init(&text);
	if (metrics_text(&text, err) < 0) {
		buf_release(&text);
		return -1;
	}
	body = arena_take(req->arena, &text);
	http_body(resp, "text/plain; version=0.0.4; charset=utf-8", body,
	    strlen(body));
	http_set(resp, "Cache-Control", "no-store");
	return 0;
}
