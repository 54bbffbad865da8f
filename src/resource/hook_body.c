/* SPDX-License-Identifier: ISC */
/* Reads the body of a request that creates or changes a hook. */
#include <string.h>

#include "base/buf.h"
#include "base/jsn_write.h"
#include "hook/hook.h"
#include "resource/collection.h"
#include "resource/hook_body.h"

static const struct field columns[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 255),
	FIELD_STRING("description", 0, 0, 32767),
	FIELD_BOOLEAN("enabled", 0),
	FIELD_END
};

static size_t
fields_count(const struct field *fields)
{
	size_t n = 0;

	while (fields[n].type != FIELD_TYPE_END)
		n++;
	return n;
}

/* Returns all fields that can be set: the columns, then the settings. */
static const struct field *
fields_all(struct arena *arena, const struct field *settings, bool is_new)
{
	size_t n = fields_count(columns), more = fields_count(settings) + 1;
	struct field *all = arena_alloc(arena, (n + more) * sizeof(*all));

	memcpy(all, columns, n * sizeof(*all));
	memcpy(all + n, settings, more * sizeof(*all));
	return is_new ? all : field_optional(arena, all);
}

/* Returns the settings that were sent, as an object.  200.0 and 2e2 are
 * integers and are stored as 200. */
static const char *
settings_json(struct arena *arena, const struct field *f,
    const struct jsn *body)
{
	const struct jsn *value;
	struct buf out;
	int64_t n;

	buf_init(&out);
	jsn_write_object(&out, NULL);
	for (; f->type != FIELD_TYPE_END; f++) {
		if ((value = jsn_get(body, f->name)) == NULL)
			continue;
		if (jsn_integer(value, &n)) {
			jsn_write_integer(&out, f->name, n);
			continue;
		}
		jsn_write_name(&out, f->name);
		jsn_print(value, &out);
	}
	jsn_write_end(&out, '}');
	return arena_take(arena, &out);
}

int
hook_body_parse(struct req *req, const char *kind, bool is_new,
    struct hook_body *out, struct err *err)
{
	const struct field *settings = hook_kind(kind)->settings;
	struct jsn *body;

	if (collection_body(req, fields_all(req->arena, settings, is_new),
	    &body, err) < 0)
		return -1;
	out->name = collection_text(req, body, "name");
	out->description = collection_text(req, body, "description");
	out->enabled = collection_flag(body, "enabled");
	out->settings = settings_json(req->arena, settings, body);
	jsn_free(&body);
	return 0;
}
