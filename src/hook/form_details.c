/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/jsn.h"
#include "hook/form_check.h"
#include "hook/form_details.h"
#include "hook/form_field.h"

/* Appends a member whose value is a text of two or three parts. */
static void
put_text(struct buf *b, const char *name, const char *base, const char *path,
    const char *rest)
{
	buf_printf(b, "\"%s\":\"", name);
	jsn_put_chars(b, base, strlen(base));
	jsn_put_chars(b, path, strlen(path));
	buf_printf(b, "%s\",", rest);
}

int
form_details(struct arena *arena, const char *base, const char *key,
    const char *fields, const char **out, struct err *err)
{
	const char *path = arena_printf(arena, "/webhook/app/%s/", key);
	struct form_fields *parsed;
	struct buf b;

	if (form_fields_stored(key, fields, strlen(fields), arena, &parsed,
	    err) < 0)
		return -1;
	buf_init(&b);
	buf_addstr(&b, "{\"requestType\":\"POST\",");
	put_text(&b, "apiUrl", base, path, "incoming-data");
	buf_addstr(&b, "\"headers\":{\"Content-Type\":\"application/json\","
	    "\"Authorization\":\"Bearer <Your_Bearer_Token>\"},"
	    "\"jsonStructure\":");
	form_example(parsed, &b);
	buf_addch(&b, ',');
	put_text(&b, "statusCheckUrl", base, "/webhook/app/status/",
	    FORM_REQUEST);
	put_text(&b, "historyUrl", base, path, "history");
	b.data[b.len - 1] = '}';
	*out = arena_take(arena, &b);
	return 0;
}
