#include <string.h>

#include "base/buf.h"
#include "resource/dialect.h"

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
