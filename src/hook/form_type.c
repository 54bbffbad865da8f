/* SPDX-License-Identifier: ISC */
/* The types of form fields: their checks and example values. */
#include <string.h>

#include "base/jsn_walk.h"
#include "base/timestamp.h"
#include "base/word.h"
#include "hook/form_type.h"

#define EMAIL_MAX 254		/* bytes: RFC 5321, a path without < and > */
#define DOMAIN_LABEL_MAX 63		/* bytes between the dots of a domain */

static const char not_email[] = "not an e-mail address";

static const char *
text_check(const struct form_field *f, const char *s, size_t len)
{
	size_t n = jsn_points(s, len);

	if (n < f->min_length)
		return "shorter than allowed";
	return n > f->max_length ? "longer than allowed" : NULL;
}

/* Appends the field's name, repeated or cut to an allowed length. */
static void
text_example(const struct form_field *f, struct buf *b)
{
	const char *name = f->name.text;
	size_t len = f->name.len, points = jsn_points(name, len);
	size_t n = points < f->min_length ? f->min_length : points, at = 0;
	size_t size;

	if (n > f->max_length)
		n = f->max_length;
	buf_addch(b, '"');
	for (; n > 0; n--) {
		size = jsn_utf8(name + at, len - at);
		jsn_put_chars(b, name + at, size);
		at = at + size < len ? at + size : 0;
	}
	buf_addch(b, '"');
}

static const char *
number_check(const struct form_field *f, const char *s, size_t len)
{
	struct decimal d;

	if (!decimal_parse(s, len, &d))
		return "out of range";
	if (f->integer && !decimal_is_whole(&d))
		return "not an integer";
	if (f->minimum.len > 0 && decimal_compare(&d, &f->minimum.value) < 0)
		return "less than the minimum";
	if (f->maximum.len > 0 && decimal_compare(&d, &f->maximum.value) > 0)
		return "more than the maximum";
	return NULL;
}

/* The text must be a number of JSON: 021, 21,5 and 0x15 could mean something
 * else.  No number is rounded. */
static const char *
number_read(const struct form_fields *form, const char *s, size_t len,
    struct arena *arena, struct buf *out)
{
	struct jsn_scan seen;
	struct err ignored;

	(void)form;
	(void)arena;
	if (jsn_scan(s, len, 1, &seen, &ignored) < 0 ||
	    seen.type != JSN_NUMBER)
		return NULL;
	buf_add(out, s, len);
	return "text as number";
}

static void
number_example(const struct form_field *f, struct buf *b)
{
	const struct form_bound *nearest = NULL;

	if (f->minimum.len > 0 && decimal_sign(&f->minimum.value) > 0)
		nearest = &f->minimum;
	else if (f->maximum.len > 0 && decimal_sign(&f->maximum.value) < 0)
		nearest = &f->maximum;
	if (nearest == NULL)
		buf_addch(b, '0');
	else if (f->integer)
		decimal_put_whole(&nearest->value, b);
	else
		buf_add(b, nearest->text, nearest->len);
}

static const char *
boolean_read(const struct form_fields *form, const char *s, size_t len,
    struct arena *arena, struct buf *out)
{
	static const char *const words[] = { "true", "false" };
	size_t i;

	(void)form;
	(void)arena;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (word_is(s, len, words[i])) {
			buf_addstr(out, words[i]);
			return "text as boolean";
		}
	return NULL;
}

static void
boolean_example(const struct form_field *f, struct buf *b)
{
	(void)f;
	buf_addstr(b, "true");
}

static const char *
date_check(const struct form_field *f, const char *s, size_t len)
{
	(void)f;
	return timestamp_date_wrong(s, len);
}

static const char *
date_read(const struct form_fields *form, const char *s, size_t len,
    struct arena *arena, struct buf *out)
{
	(void)form;
	(void)arena;
	buf_addch(out, '"');
	if (!timestamp_date_put(s, len, out))
		return NULL;
	buf_addch(out, '"');
	return "ISO 8601 as date";
}

static void
date_example(const struct form_field *f, struct buf *b)
{
	(void)f;
	buf_addstr(b, "\"2025-07-22\"");
}

static const char *
date_time_check(const struct form_field *f, const char *s, size_t len)
{
	(void)f;
	return timestamp_time_wrong(s, len);
}

static const char *
date_time_read(const struct form_fields *form, const char *s, size_t len,
    struct arena *arena, struct buf *out)
{
	bool local;

	buf_addch(out, '"');
	if (!timestamp_time_put(s, len, form->offset, out, &local))
		return NULL;
	buf_addch(out, '"');
	return !local ? "ISO 8601 as date-time" : arena_printf(arena,
	    "ISO 8601 without offset as %s",
	    *form->offset == 'Z' ? FORM_UTC : form->offset);
}

static void
date_time_example(const struct form_field *f, struct buf *b)
{
	(void)f;
	buf_addstr(b, "\"2025-07-22T10:35:00Z\"");
}

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

/* Returns whether s is a domain label: letters, digits and inner hyphens. */
static bool
is_label(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > DOMAIN_LABEL_MAX || s[0] == '-' ||
	    s[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!is_alphanumeric(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* Accepts what HTML's <input type=email> accepts, also "user@localhost". */
static const char *
email_check(const struct form_field *f, const char *s, size_t len)
{
	static const char others[] = ".!#$%&'*+/=?^_`{|}~-";
	const char *end = s + len, *dot, *at = s;

	(void)f;
	while (at < end && (is_alphanumeric(*at) ||
	    memchr(others, *at, sizeof(others) - 1) != NULL))
		at++;
	if (len > EMAIL_MAX || at == s || at == end || *at != '@')
		return not_email;
	do {
		s = at + 1;
		dot = memchr(s, '.', (size_t)(end - s));
		at = dot == NULL ? end : dot;
		if (!is_label(s, (size_t)(at - s)))
			return not_email;
	} while (at < end);
	return NULL;
}

static void
email_example(const struct form_field *f, struct buf *b)
{
	(void)f;
	buf_addstr(b, "\"name@example.com\"");
}

static const char *
choice_check(const struct form_field *f, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < f->choices_n; i++)
		if (f->choices[i].len == len &&
		    memcmp(f->choices[i].text, s, len) == 0)
			return NULL;
	return "not one of the choices";
}

static void
choice_example(const struct form_field *f, struct buf *b)
{
	jsn_put_string(b, f->choices[0].text, f->choices[0].len);
}

/* ctx is the number of further items that are allowed. */
static int
count_item(const struct jsn_slice *item, void *ctx)
{
	size_t *left = ctx;

	(void)item;
	return (*left)-- == 0;
}

static const char *
list_check(const struct form_field *f, const char *s, size_t len)
{
	size_t left = f->max_items;

	return jsn_elements(s, len, count_item, &left) != 0 ?
	    "more items than allowed" : NULL;
}

static void
list_example(const struct form_field *f, struct buf *b)
{
	(void)f;
	buf_addstr(b, "[]");
}

static void
object_example(const struct form_field *f, struct buf *b)
{
	(void)f;
	buf_addstr(b, "{}");
}

const struct form_type form_types[] = {
	{ "text", JSN_STRING, "not a text", true, FORM_LIMIT_LENGTH,
	    text_check, NULL, text_example },
	{ "number", JSN_NUMBER, "not a number", false, FORM_LIMIT_RANGE,
	    number_check, number_read, number_example },
	{ "boolean", JSN_BOOLEAN, "not true or false", false, 0,
	    NULL, boolean_read, boolean_example },
	{ "date", JSN_STRING, "not a date", false, 0,
	    date_check, date_read, date_example },
	{ "date-time", JSN_STRING, "not a date-time", false, 0,
	    date_time_check, date_time_read, date_time_example },
	{ "email", JSN_STRING, not_email, false, 0,
	    email_check, NULL, email_example },
	{ "choice", JSN_STRING, "not one of the choices", false,
	    FORM_LIMIT_CHOICES, choice_check, NULL, choice_example },
	{ "list", JSN_ARRAY, "not a list", false, FORM_LIMIT_ITEMS,
	    list_check, NULL, list_example },
	{ "object", JSN_OBJECT, "not an object", false, 0,
	    NULL, NULL, object_example },
	{ NULL, JSN_NONE, NULL, false, 0, NULL, NULL, NULL }
};

const struct form_type *
form_type_find(const char *name, size_t len)
{
	const struct form_type *t;

	for (t = form_types; t->name != NULL; t++)
		if (strlen(t->name) == len && memcmp(t->name, name, len) == 0)
			return t;
	return NULL;
}
