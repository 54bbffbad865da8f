/* SPDX-License-Identifier: ISC */
/* Describes a form's webhook to its senders. */
#include "base/buf.h"
#include "base/jsn_write.h"
#include "hook/form_check.h"
#include "hook/form_details.h"
#include "hook/form_field.h"

int
form_details(struct arena *arena, const char *base, const char *key,
    const char *settings, const char **out, struct err *err)
{
	const char *path = arena_printf(arena, "/webhook/app/%s", key);
	struct form_fields *fields;
	struct buf b;

	if (form_fields_stored(key, settings, arena, &fields, err) < 0)
		return -1;
	buf_init(&b);
	jsn_write_object(&b, NULL);
	jsn_write_string(&b, "requestType", "POST");
	jsn_write_string(&b, "apiUrl",
	    arena_printf(arena, "%s%s/incoming-data", base, path));
	jsn_write_object(&b, "headers");
	jsn_write_string(&b, "Content-Type", "application/json");
	jsn_write_string(&b, "Authorization",
	    "Bearer <Your_Bearer_Token>");
	jsn_write_end(&b, '}');
	jsn_write_name(&b, "jsonStructure");
	form_example(fields, &b);
	jsn_write_string(&b, "statusCheckUrl", arena_printf(arena,
	    "%s/webhook/app/status/" FORM_REQUEST, base));
	jsn_write_string(&b, "historyUrl",
	    arena_printf(arena, "%s%s/history", base, path));
	jsn_write_end(&b, '}');
	*out = arena_take(arena, &b);
	return 0;
}
