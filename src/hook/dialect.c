/* SPDX-License-Identifier: ISC */
/* Errors and headers of the REST resources, in Creel's and Losant's form. */
#include "base/buf.h"
#include "base/jsn_write.h"
#include "hook/dialect.h"

static void
creel_error(const struct req *req, const struct err *err, struct resp *resp)
{
	struct buf body;

	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "type", err_type(err->code));
	jsn_write_string(&body, "message", err->text);
	jsn_write_end(&body, '}');
	http_json(resp, arena_take(req->arena, &body));
}

void
dialect_creel_respond(struct resp *resp, const char *json)
{
	http_json(resp, json);
	http_set(resp, "Cache-Control", "private, no-store");
}

const struct dialect dialect_creel = { .name = "creel", .error = creel_error,
    .challenge = "Bearer" };

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
dialect_losant_respond(struct resp *resp, const char *json)
{
	http_json(resp, json);
	losant_headers(resp);
}

const struct dialect dialect_losant = { .name = "losant",
    .error = losant_error, .challenge = "Bearer" };
