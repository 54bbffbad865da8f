/* SPDX-License-Identifier: ISC */
/* Writes JSON objects and arrays to a buffer, commas included. */
#include <inttypes.h>
#include <string.h>

#include "base/jsn.h"
#include "base/jsn_write.h"

/* Returns whether the next value is the first one.  The last byte shows it: a
 * string ends with its quote, so no byte of it is mistaken for a bracket. */
static bool
is_first(const struct buf *b)
{
	return b->len == 0 || strchr("{[:,", b->data[b->len - 1]) != NULL;
}

void
jsn_write_name(struct buf *b, const char *name)
{
	if (!is_first(b))
		buf_addch(b, ',');
	if (name == NULL)
		return;
	jsn_put_string(b, name, strlen(name));
	buf_addch(b, ':');
}

void
jsn_write_object(struct buf *b, const char *name)
{
	jsn_write_name(b, name);
	buf_addch(b, '{');
}

void
jsn_write_array(struct buf *b, const char *name)
{
	jsn_write_name(b, name);
	buf_addch(b, '[');
}

void
jsn_write_end(struct buf *b, char bracket)
{
	buf_addch(b, bracket);
}

void
jsn_write_chars(struct buf *b, const char *name, const char *value, size_t len)
{
	jsn_write_name(b, name);
	jsn_put_string(b, value, len);
}

void
jsn_write_string(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		jsn_write_json(b, name, "null", strlen("null"));
	else
		jsn_write_chars(b, name, value, strlen(value));
}

void
jsn_write_integer(struct buf *b, const char *name, int64_t value)
{
	jsn_write_name(b, name);
	buf_printf(b, "%" PRId64, value);
}

void
jsn_write_bool(struct buf *b, const char *name, bool value)
{
	jsn_write_name(b, name);
	buf_addstr(b, value ? "true" : "false");
}

void
jsn_write_json(struct buf *b, const char *name, const char *json, size_t len)
{
	jsn_write_name(b, name);
	buf_add(b, json, len);
}
