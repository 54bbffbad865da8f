/* SPDX-License-Identifier: ISC */
/* Checks a call to a form: writes its record and remarks. */
#include <stdio.h>
#include <string.h>

#include "base/jsn_walk.h"
#include "base/word.h"
#include "hook/form_check.h"
#include "hook/form_type.h"

#define NAME_POINTS_MAX 64	/* of a name in the remarks */

/* A list in the remarks.  From the first item that does not fit, items are only
 * counted. */
struct list {
	const char *title;
	const char *between;
	const char *before_more;
	size_t size_max;	/* bytes; an item has 450 at most */
	struct buf text;
	size_t more;		/* items that are not in the text */
};

enum { LIST_FAILED, LIST_READ, LIST_UNKNOWN, LIST_REPEATED, LIST__COUNT };

static const struct list lists[LIST__COUNT] = {
	[LIST_FAILED] = { .between = "; ", .before_more = "; and ",
	    .title = "", .size_max = 900 },
	/* Shown without LIST_FAILED only. */
	[LIST_READ] = { .between = ", ", .before_more = " and ",
	    .title = "read: ", .size_max = 450 },
	[LIST_UNKNOWN] = { .between = ", ", .before_more = " and ",
	    .title = "unknown: ", .size_max = 450 },
	[LIST_REPEATED] = { .between = ", ", .before_more = " and ",
	    .title = "repeated, the last counts: ", .size_max = 450 }
};

/* A call that is being checked. */
struct call {
	const struct form_fields *fields;
	struct jsn_slice *values;	/* the last of each field */
	bool *repeated;
	struct list lists[LIST__COUNT];
	struct arena *arena;
	struct buf scratch;
	struct buf read;	/* the last value that a lenient form read */
};

static void
put_name(struct buf *b, const char *name, size_t len)
{
	size_t at = 0, size, points;
	unsigned char c;

	if (len == 0)
		buf_addstr(b, "\"\"");
	for (points = 0; at < len && points < NAME_POINTS_MAX; points++) {
		c = (unsigned char)name[at];
		size = jsn_utf8(name + at, len - at);
		if (c == 0xc2 && (unsigned char)name[at + 1] < 0xa0)
			c = (unsigned char)name[at + 1];
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			buf_printf(b, "\\u%04x", c);
		else
			buf_add(b, name + at, size);
		at += size;
	}
	if (at < len)
		buf_addstr(b, "\xe2\x80\xa6");
}

static void
list_add(struct list *l, const char *name, size_t len, const char *why)
{
	size_t before = l->text.len;

	if (l->more > 0) {
		l->more++;
		return;
	}
	buf_addstr(&l->text, before > 0 ? l->between : l->title);
	put_name(&l->text, name, len);
	if (why != NULL)
		buf_printf(&l->text, ": %s", why);
	if (l->text.len > l->size_max && before > 0) {
		l->text.len = before;
		l->more = 1;
	}
}

/* Appends a number with separators: 9,998. */
static void
put_count(struct buf *b, size_t n)
{
	char digits[32];
	int i, len = snprintf(digits, sizeof(digits), "%zu", n);

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_addch(b, ',');
		buf_addch(b, digits[i]);
	}
}

static void
list_put(const struct list *l, struct buf *b)
{
	if (l->text.len == 0)
		return;
	if (b->len > 0)
		buf_addstr(b, "; ");
	buf_add(b, l->text.data, l->text.len);
	if (l->more > 0) {
		buf_addstr(b, l->before_more);
		put_count(b, l->more);
		buf_addstr(b, " more");
	}
}

static int
call_add(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	const struct form_field *f = NULL;
	struct call *call = ctx;
	size_t i;

	if (!name->broken)
		f = form_fields_find(call->fields, name->text, name->len);
	if (f == NULL) {
		list_add(&call->lists[LIST_UNKNOWN], name->text, name->len,
		    NULL);
		return 0;
	}
	i = (size_t)(f - call->fields->list);
	call->repeated[i] = call->values[i].type != JSN_NONE;
	call->values[i] = *value;
	return 0;
}

static bool
is_empty(const struct form_field *f, const struct jsn_slice *value)
{
	return value->type == JSN_NONE || value->type == JSN_NULL ||
	    (f->type->blank && value->type == JSN_STRING && value->len == 2);
}

/* Returns why a value fails, or NULL. */
static const char *
value_wrong(const struct form_field *f, const struct jsn_slice *value,
    struct buf *scratch)
{
	const char *wrong, *text = value->text;
	struct jsn_chars c;

	if (is_empty(f, value))
		return f->required ? "required" : NULL;
	if (value->type != f->type->json)
		return f->type->wrong;
	wrong = jsn_unfit(text, value->len);
	if (wrong != NULL || f->type->check == NULL)
		return wrong;
	if (value->type != JSN_STRING)
		return f->type->check(f, text, value->len);
	c = jsn_chars(value, scratch);
	return f->type->check(f, c.text, c.len);
}

/* Replaces a text that failed by the value that a lenient form reads in it.
 * Returns the remark on it, or NULL: the value is unchanged. */
static const char *
value_read(struct call *call, const struct form_field *f,
    struct jsn_slice *value)
{
	const char *how, *text;
	struct jsn_chars c;
	size_t len;

	if (!call->fields->lenient || f->type->read == NULL ||
	    value->type != JSN_STRING)
		return NULL;
	c = jsn_chars(value, &call->scratch);
	text = c.text;
	len = word_trim(&text, c.len, " \t\r\n");
	call->read.len = 0;
	how = f->type->read(call->fields, text, len, call->arena, &call->read);
	if (how == NULL)
		return NULL;
	value->type = f->type->json;
	value->len = call->read.len;
	value->text = arena_copy(call->arena, call->read.data, value->len);
	return how;
}

static void
call_check(struct call *call)
{
	const struct form_field *f = call->fields->list;
	struct jsn_slice *value = call->values;
	const char *wrong, *how;
	size_t i;

	for (i = 0; i < call->fields->n; i++, f++, value++) {
		wrong = value_wrong(f, value, &call->scratch);
		how = wrong == NULL ? NULL : value_read(call, f, value);
		if (how != NULL)
			wrong = value_wrong(f, value, &call->scratch);
		if (wrong != NULL)
			list_add(&call->lists[LIST_FAILED], f->name.text,
			    f->name.len, wrong);
		else if (how != NULL)
			list_add(&call->lists[LIST_READ], f->name.text,
			    f->name.len, how);
		if (call->repeated[i])
			list_add(&call->lists[LIST_REPEATED], f->name.text,
			    f->name.len, NULL);
	}
}

/* Appends a separator and the field's name. */
static void
put_field(const struct form_fields *fields, size_t i, struct buf *b)
{
	const struct form_word *name = &fields->list[i].name;

	buf_addch(b, i == 0 ? '{' : ',');
	jsn_put_string(b, name->text, name->len);
	buf_addch(b, ':');
}

static void
put_record(const struct call *call, struct buf *b)
{
	const struct form_fields *fields = call->fields;
	const struct jsn_slice *value = call->values;
	size_t i;

	for (i = 0; i < fields->n; i++, value++) {
		put_field(fields, i, b);
		if (is_empty(&fields->list[i], value))
			buf_addstr(b, "null");
		else
			buf_add(b, value->text, value->len);
	}
	buf_addch(b, '}');
}

void
form_check(const struct form_fields *fields, const char *body, size_t len,
    struct arena *arena, struct form_outcome *out)
{
	struct call call = { .fields = fields, .arena = arena };
	struct buf remarks, record;
	size_t i;

	call.values = arena_alloc(arena, fields->n * sizeof(*call.values));
	call.repeated = arena_alloc(arena, fields->n * sizeof(*call.repeated));
	memcpy(call.lists, lists, sizeof(lists));
	for (i = 0; i < LIST__COUNT; i++)
		buf_init(&call.lists[i].text);
	buf_init(&call.scratch);
	buf_init(&call.read);
	buf_init(&remarks);
	buf_init(&record);
	jsn_members(body, len, call_add, &call);
	call_check(&call);
	out->ok = call.lists[LIST_FAILED].text.len == 0;
	if (out->ok)
		put_record(&call, &record);
	else
		call.lists[LIST_READ].text.len = 0;
	out->record_len = record.len;
	out->record = out->ok ? arena_take(arena, &record) : NULL;
	for (i = 0; i < LIST__COUNT; i++) {
		list_put(&call.lists[i], &remarks);
		buf_release(&call.lists[i].text);
	}
	out->remarks = arena_take(arena, &remarks);
	buf_release(&call.scratch);
	buf_release(&call.read);
}

void
form_example(const struct form_fields *fields, struct buf *b)
{
	size_t i;

	for (i = 0; i < fields->n; i++) {
		put_field(fields, i, b);
		fields->list[i].type->example(&fields->list[i], b);
	}
	buf_addch(b, '}');
}
