/* SPDX-License-Identifier: ISC */
/* Writes lists of records as JSON or CSV. */
#include <string.h>

#include "base/csv.h"
#include "base/jsn_write.h"
#include "event/record_write.h"

#define CSV_END "\r\n"		/* of a line: RFC 4180 */

void
record_list_init(struct record_list *list, struct arena *arena,
    const struct form_fields *fields)
{
	list->fields = fields;
	list->values = arena_alloc(arena, fields->n * sizeof(*list->values));
	list->count = 0;
}

static void
json_begin(struct record_list *list, struct buf *b)
{
	(void)list;
	jsn_write_object(b, NULL);
	jsn_write_array(b, "items");
}

static void
json_put(struct record_list *list, const struct record *r, struct buf *b)
{
	/* The buffer may be empty although records were written before. */
	if (list->count++ > 0)
		buf_addch(b, ',');
	jsn_write_object(b, NULL);
	jsn_write_string(b, "id", r->id);
	jsn_write_string(b, "time", r->time);
	jsn_write_string(b, "user_email", r->email);
	if (r->values == NULL)
		jsn_write_string(b, "record", NULL);
	else
		jsn_write_json(b, "record", r->values, r->values_len);
	jsn_write_end(b, '}');
}

static void
json_end(struct record_list *list, const char *cursor, bool more,
    struct buf *b)
{
	jsn_write_end(b, ']');
	jsn_write_integer(b, "count", list->count);
	jsn_write_string(b, "cursor", cursor);
	jsn_write_bool(b, "more", more);
	jsn_write_end(b, '}');
}

static void
csv_begin(struct record_list *list, struct buf *b)
{
	const struct form_fields *fields = list->fields;
	size_t i;

	buf_addstr(b, "id,time,user_email");
	for (i = 0; i < fields->n; i++) {
		buf_addch(b, ',');
		csv_put(b, fields->list[i].name.text,
		    fields->list[i].name.len, true);
	}
	buf_addstr(b, CSV_END);
}

static int
value_add(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	const struct form_field *f = NULL;
	struct record_list *list = ctx;

	f = form_fields_find(list->fields, name->text, name->len);
	if (f != NULL)
		list->values[f - list->fields->list] = *value;
	return 0;
}

/* Appends a value: numbers and booleans as they are, texts decoded, lists and
 * objects as JSON. */
static void
csv_value(const struct jsn_slice *value, struct buf *scratch, struct buf *b)
{
	struct jsn_chars c;

	switch (value->type) {
	case JSN_NONE:
	case JSN_NULL:
		break;
	case JSN_STRING:
		c = jsn_chars(value, scratch);
		csv_put(b, c.text, c.len, true);
		break;
	case JSN_NUMBER:
	case JSN_BOOLEAN:
		csv_put(b, value->text, value->len, false);
		break;
	case JSN_OBJECT:
	case JSN_ARRAY:
		csv_put(b, value->text, value->len, true);
		break;
	}
}

static void
csv_record(struct record_list *list, const struct record *r, struct buf *b)
{
	size_t n = list->fields->n, i;
	struct buf scratch;

	memset(list->values, 0, n * sizeof(*list->values));
	if (r->values != NULL)
		jsn_members(r->values, r->values_len, value_add, list);
	buf_printf(b, "%s,%s,", r->id, r->time);
	if (r->email != NULL)
		csv_put(b, r->email, strlen(r->email), true);
	buf_init(&scratch);
	for (i = 0; i < n; i++) {
		buf_addch(b, ',');
		csv_value(&list->values[i], &scratch, b);
	}
	buf_release(&scratch);
	buf_addstr(b, CSV_END);
	list->count++;
}

/* Writes nothing, because a reader would take another line for a record. */
static void
csv_end(struct record_list *list, const char *cursor, bool more,
    struct buf *b)
{
	(void)list;
	(void)cursor;
	(void)more;
	(void)b;
}

const struct record_format record_formats[] = {
	{ "json", "application/json", "application/json", NULL, true,
	    json_begin, json_put, json_end },
	{ "csv", "text/csv", "text/csv; charset=utf-8; header=present", "csv",
	    false, csv_begin, csv_record, csv_end },
	{ NULL, NULL, NULL, NULL, false, NULL, NULL, NULL }
};
