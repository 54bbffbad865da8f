/* SPDX-License-Identifier: ISC */
/* Walks over the members and elements of JSON text without building a tree. */
#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "base/jsn_walk.h"

#define REPLACEMENT 0xfffd	/* stands for an unpaired surrogate */

struct walker {
	const char *p;
	const char *end;
};

static void
skip_space(struct walker *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' ||
	    *w->p == '\r' || *w->p == '\t'))
		w->p++;
}

/* p is at the opening quote. */
static void
skip_string(struct walker *w)
{
	for (w->p++; w->p < w->end && *w->p != '"'; w->p++)
		if (*w->p == '\\' && w->end - w->p > 1)
			w->p++;
	if (w->p < w->end)
		w->p++;
}

/* p is at the opening bracket. */
static void
skip_container(struct walker *w)
{
	size_t depth = 0;

	do {
		switch (*w->p) {
		case '"':
			skip_string(w);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			break;
		default:
			break;
		}
		w->p++;
	} while (w->p < w->end && depth > 0);
}

static void
skip_word(struct walker *w)
{
	while (w->p < w->end && strchr(",]} \n\r\t", *w->p) == NULL)
		w->p++;
}

static enum jsn_type
type_of(char c)
{
	switch (c) {
	case '{':
		return JSN_OBJECT;
	case '[':
		return JSN_ARRAY;
	case '"':
		return JSN_STRING;
	case 't':
	case 'f':
		return JSN_BOOLEAN;
	case 'n':
		return JSN_NULL;
	default:
		return c == '-' || (c >= '0' && c <= '9') ? JSN_NUMBER :
		    JSN_NONE;
	}
}

/* Reads the next value; returns false if there is none. */
static bool
take_value(struct walker *w, struct jsn_slice *value)
{
	skip_space(w);
	if (w->p == w->end)
		return false;
	value->text = w->p;
	value->type = type_of(*w->p);
	switch (value->type) {
	case JSN_NONE:
		return false;
	case JSN_OBJECT:
	case JSN_ARRAY:
		skip_container(w);
		break;
	case JSN_STRING:
		skip_string(w);
		break;
	case JSN_NUMBER:
	case JSN_BOOLEAN:
	case JSN_NULL:
		skip_word(w);
		break;
	}
	value->len = (size_t)(w->p - value->text);
	return true;
}

/* Steps over c if it comes next. */
static bool
take(struct walker *w, char c)
{
	skip_space(w);
	if (w->p == w->end || *w->p != c)
		return false;
	w->p++;
	return true;
}

/* Returns the code unit of the escape at p, or UINT32_MAX if there is none. */
static uint32_t
unit_at(const char *p, const char *end)
{
	uint32_t unit = 0;
	int i, digit;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return UINT32_MAX;
	for (i = 2; i < 6; i++) {
		if ((digit = hex_value(p[i])) < 0)
			return UINT32_MAX;
		unit = unit << 4 | (uint32_t)digit;
	}
	return unit;
}

/* Reads the character that is escaped as "\uXXXX" at w->p; returns UINT32_MAX
 * for an unpaired surrogate. */
static uint32_t
take_units(struct walker *w)
{
	uint32_t high = unit_at(w->p, w->end), low;

	w->p += w->end - w->p < 6 ? w->end - w->p : 6;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	low = unit_at(w->p, w->end);
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return UINT32_MAX;
	w->p += 6;
	return 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
}

static void
put_point(struct buf *b, uint32_t point)
{
	static const uint32_t marks[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned more = (point > 0x7f) + (point > 0x7ff) + (point > 0xffff);

	buf_addch(b, (char)(marks[more] | point >> 6 * more));
	while (more-- > 0)
		buf_addch(b, (char)(0x80 | (point >> 6 * more & 0x3f)));
}

/* w->p is at a backslash. */
static bool
decode_escape(struct walker *w, struct buf *b)
{
	static const char letters[256] = {
		['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r',
		['t'] = '\t', ['"'] = '"', ['\\'] = '\\', ['/'] = '/'
	};
	uint32_t point;

	if (w->end - w->p > 1 && w->p[1] != 'u') {
		buf_addch(b, letters[(unsigned char)w->p[1]]);
		w->p += 2;
		return true;
	}
	point = take_units(w);
	put_point(b, point == UINT32_MAX ? REPLACEMENT : point);
	return point != UINT32_MAX;
}

static void
decode(struct jsn_chars *c, struct buf *b)
{
	struct walker w = { c->text, c->text + c->len };
	const char *stop;

	b->len = 0;
	while ((stop = memchr(w.p, '\\', (size_t)(w.end - w.p))) != NULL) {
		buf_add(b, w.p, (size_t)(stop - w.p));
		w.p = stop;
		if (!decode_escape(&w, b))
			c->broken = true;
	}
	buf_add(b, w.p, (size_t)(w.end - w.p));
	c->text = b->data;
	c->len = b->len;
}

struct jsn_chars
jsn_chars(const struct jsn_slice *string, struct buf *scratch)
{
	struct jsn_chars c = { .text = "" };

	if (string->type == JSN_STRING && string->len >= 2) {
		c.text = string->text + 1;
		c.len = string->len - 2;
	}
	if (memchr(c.text, '\\', c.len) != NULL)
		decode(&c, scratch);
	return c;
}

static bool
take_name(struct walker *w, struct jsn_chars *name, struct buf *scratch)
{
	struct jsn_slice string;

	if (!take_value(w, &string) || string.type != JSN_STRING ||
	    !take(w, ':'))
		return false;
	*name = jsn_chars(&string, scratch);
	return true;
}

int
jsn_members(const char *text, size_t len,
    int (*fn)(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx), void *ctx)
{
	struct walker w = { text, text + len };
	struct jsn_slice value;
	struct jsn_chars name;
	struct buf scratch;
	int result = 0;

	buf_init(&scratch);
	if (take(&w, '{'))
		while (result == 0 && take_name(&w, &name, &scratch) &&
		    take_value(&w, &value)) {
			result = fn(&name, &value, ctx);
			take(&w, ',');
		}
	buf_release(&scratch);
	return result;
}

struct search {
	const char *name;
	size_t len;		/* of the name */
	size_t n;
	struct jsn_slice *out;
};

static int
compare_member(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	struct search *search = ctx;

	if (name->len == search->len &&
	    memcmp(name->text, search->name, name->len) == 0) {
		*search->out = *value;
		search->n++;
	}
	return 0;
}

size_t
jsn_find(const char *text, size_t len, const char *name, struct jsn_slice *out)
{
	struct search search = { name, strlen(name), 0, out };

	*out = (struct jsn_slice){ JSN_NONE, "", 0 };
	jsn_members(text, len, compare_member, &search);
	return search.n;
}

int
jsn_elements(const char *text, size_t len,
    int (*fn)(const struct jsn_slice *value, void *ctx), void *ctx)
{
	struct walker w = { text, text + len };
	struct jsn_slice value;
	int result = 0;

	if (take(&w, '['))
		while (result == 0 && take_value(&w, &value)) {
			result = fn(&value, ctx);
			take(&w, ',');
		}
	return result;
}

int
jsn_scalars(const char *text, size_t len,
    int (*fn)(const struct jsn_slice *value, void *ctx), void *ctx)
{
	struct walker w = { text, text + len };
	struct jsn_slice value;
	int result = 0;

	while (result == 0 && w.p < w.end) {
		if (strchr("{}[]:, \n\r\t", *w.p) != NULL) {
			w.p++;
			continue;
		}
		if (!take_value(&w, &value))
			break;
		result = fn(&value, ctx);
	}
	return result;
}

const char *
jsn_unfit(const char *text, size_t len)
{
	struct walker w = { text, text + len };
	uint32_t point;

	/* Only strings have backslashes. */
	while ((w.p = memchr(w.p, '\\', (size_t)(w.end - w.p))) != NULL) {
		if (w.end - w.p > 1 && w.p[1] != 'u') {
			w.p += 2;
			continue;
		}
		point = take_units(&w);
		if (point == 0)
			return "has U+0000";
		if (point == UINT32_MAX)
			return "has an unpaired surrogate";
	}
	return NULL;
}
