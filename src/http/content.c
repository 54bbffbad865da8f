/* SPDX-License-Identifier: ISC */
/* Content: decides what a body reads as, by its type, charset and bytes. */
#include <string.h>
#include <strings.h>

#include "http/charset.h"
#include "http/content.h"
#include "http/multipart.h"
#include "http/urlencoded.h"

/* A body that is being read. */
struct source {
	const struct req *req;
	const char *type;	/* Content-Type, or NULL */
	enum cast cast;
	bool annotate;
};

/* Fills the content; returns false if the body is not valid for its type. */
typedef bool reader_fn(const struct source *, struct content *);

static reader_fn read_form, read_multipart, read_bytes, read_json;

enum match { MATCH_ALL, MATCH_BEGIN, MATCH_END };

/* Media types, the first that matches. */
static const struct kind {
	const char *type;
	enum match match;
	bool text;		/* if it has no reader, or that fails */
	reader_fn *read;
} kinds[] = {
	{ "application/json", MATCH_ALL, true, read_json },
	{ "+json", MATCH_END, true, read_json },
	{ "application/x-www-form-urlencoded", MATCH_ALL, true, read_form },
	{ "multipart/form-data", MATCH_ALL, true, read_multipart },
	{ "application/octet-stream", MATCH_ALL, false, read_bytes },
	{ "text/", MATCH_BEGIN, true, NULL },
	{ "application/json", MATCH_BEGIN, true, NULL },
	{ "application/xml", MATCH_BEGIN, true, NULL },
	{ "+xml", MATCH_END, true, NULL }
};

static const struct kind kind_other = { "", MATCH_ALL, false, NULL };

/* Bytes that no text contains: MIME Sniffing Standard, section 3. */
static const bool binary[256] = {
	1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1
};

static const char *const reading_names[] = {
	[READING_NOTHING] = "nothing",
	[READING_JSON] = "json",
	[READING_TEXT] = "text",
	[READING_VALUE] = "value"
};

const char *
reading_name(enum reading reading)
{
	return reading_names[reading];
}

static bool
matches(const struct kind *kind, const char *type, size_t n)
{
	size_t len = strlen(kind->type);

	if (kind->match == MATCH_ALL ? n != len : n < len)
		return false;
	if (kind->match == MATCH_END)
		type += n - len;
	return strncasecmp(type, kind->type, len) == 0;
}

static const struct kind *
kind_find(const char *type)
{
	size_t i, n = type == NULL ? 0 : strcspn(type, "; \t");

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (matches(&kinds[i], type, n))
			return &kinds[i];
	return &kind_other;
}

static void
set_value(struct content *out, const char *value)
{
	out->reading = READING_VALUE;
	out->value = value;
}

/* Sets the value if it was written, and releases the buffer. */
static bool
take_value(const struct source *s, bool written, struct buf *json,
    struct content *out)
{
	if (written)
		set_value(out, arena_take(s->req->arena, json));
	else
		buf_release(json);
	return written;
}

static bool
read_form(const struct source *s, struct content *out)
{
	struct buf json;

	buf_init(&json);
	return take_value(s, urlencoded_json(s->req->body, s->req->body_len,
	    &json), &json, out);
}

static bool
read_multipart(const struct source *s, struct content *out)
{
	struct buf json;

	buf_init(&json);
	return take_value(s, multipart_json(s->type, s->req->body,
	    s->req->body_len, s->cast, s->annotate, &json), &json, out);
}

static bool
read_bytes(const struct source *s, struct content *out)
{
	struct buf json;

	buf_init(&json);
	cast_json(&json, s->req->body, s->req->body_len, s->cast);
	return take_value(s, true, &json, out);
}

static bool
is_json(const char *text, size_t len)
{
	struct jsn_scan scan;
	struct err err;

	return jsn_scan(text, len, JSN_DEPTH_MAX, &scan, &err) == 0;
}

/* Reads JSON in another charset than UTF-8. */
static bool
read_json_converted(const struct source *s, struct content *out)
{
	struct buf text;
	size_t mark;
	char *json;

	buf_init(&text);
	if (!charset_convert(s->type, s->req->body, s->req->body_len, &text))
		return false;
	mark = charset_mark(text.data, text.len);
	if (!is_json(text.data + mark, text.len - mark)) {
		buf_release(&text);
		return false;
	}
	json = arena_take(s->req->arena, &text);
	set_value(out, json + mark);
	return true;
}

static bool
read_json(const struct source *s, struct content *out)
{
	const struct req *req = s->req;
	size_t mark = charset_mark(req->body, req->body_len);

	if (!is_json(req->body + mark, req->body_len - mark))
		return read_json_converted(s, out);
	if (mark > 0 || req->body != req->raw)
		set_value(out, req->body + mark);
	else
		out->reading = READING_JSON;
	return true;
}

static bool
is_binary(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && !binary[(unsigned char)bytes[i]])
		i++;
	return i < len || !jsn_is_utf8(bytes, len);
}

/* Reads a string.  Invalid bytes become U+FFFD. */
static void
read_text(const struct source *s, struct content *out)
{
	const struct req *req = s->req;
	const char *text = req->body;
	size_t len = req->body_len, mark;
	struct buf converted, json;

	buf_init(&converted);
	buf_init(&json);
	if (charset_convert(s->type, text, len, &converted)) {
		text = converted.data;
		len = converted.len;
	}
	mark = charset_mark(text, len);
	if (text == req->raw && mark == 0 && memchr(text, '\0', len) == NULL &&
	    jsn_is_utf8(text, len)) {
		out->reading = READING_TEXT;
	} else {
		cast_json(&json, text + mark, len - mark, CAST_UTF8);
		take_value(s, true, &json, out);
	}
	buf_release(&converted);
}

void
content_json(const struct req *req, struct content *out)
{
	out->reading = req->raw_len == 0 ? READING_NOTHING : READING_JSON;
	out->value = NULL;
	if (req->raw_len > 0 && req->body != req->raw)
		set_value(out, req->body);
}

void
content_any(const struct req *req, enum cast cast, bool annotate,
    struct content *out)
{
	const char *type = http_header(req, "content-type", NULL);
	const struct source s = { req, type, cast, annotate };
	const struct kind *kind = kind_find(type);

	out->reading = READING_NOTHING;
	out->value = NULL;
	if (req->raw_len == 0 || (kind->read != NULL && kind->read(&s, out)))
		return;
	if (kind->text || charset_is_known(type) ||
	    !is_binary(req->body, req->body_len))
		read_text(&s, out);
	else
		read_bytes(&s, out);
}
