/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "hook/dialect.h"

static void
creel_error(const struct req *req, const struct err *err, struct resp *resp)
{
	const char *type = err_type(err->code);
	struct buf body;
	char *text;

	buf_init(&body);
	buf_addstr(&body, "{\"type\":");
	jsn_put_string(&body, type, strlen(type));
	buf_addstr(&body, ",\"message\":");
	jsn_put_string(&body, err->text, strlen(err->text));
	buf_addch(&body, '}');
	text = arena_take(req->arena, &body);
	http_body(resp, "application/json", text, strlen(text));
}

const struct dialect dialect_creel = { "creel", creel_error, "Bearer" };

static void
losant_headers(struct resp *resp)
{
	http_set(resp, "Cache-Control",
	    "no-cache, no-store, must-revalidate");
	http_set(resp, "Pragma", "no-cache");
	http_set(resp, "Access-Control-Allow-Origin", "*");
	http_set(resp, "X-XSS-Protection", "1; mode=block");
	http_set(resp, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'");
}

static void
losant_error(const struct req *req, const struct err *why, struct resp *resp)
{
	struct err err = *why;

	if (err.code == ERR_NOT_FOUND && req->route == NULL)
		err_set(&err, ERR_METHOD_NOT_ALLOWED, "%.32s is not allowed",
		    req->method);
	else if (err.code == ERR_UNAUTHORIZED)
		err_set(&err, ERR_UNAUTHORIZED, "Unauthorized");
	resp->status = err_status(err.code);
	losant_headers(resp);
	creel_error(req, &err, resp);
}

void
dialect_losant_answer(struct resp *resp, const char *json)
{
	http_body(resp, "application/json", json, strlen(json));
	losant_headers(resp);
}

const struct dialect dialect_losant = { "losant", losant_error, "Bearer" };
