/* SPDX-License-Identifier: ISC */
/* multipart/form-data: a strict parser that writes the parts as a JSON
 * object. */
#include <string.h>

#include "base/arena.h"
#include "base/jsn.h"
#include "base/jsn_write.h"
#include "base/word.h"
#include "http/multimap.h"
#include "http/multipart.h"
#include "http/urlencoded.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct param {
	const char *name;
	char *value;		/* NULL if it is missing */
	size_t len;
};

/* Parameters of Content-Disposition that are used. */
enum { PARAM_NAME, PARAM_FILENAME, PARAM_EXTENDED, PARAM__COUNT };

struct part {
	struct param params[PARAM__COUNT];
	const char *type;	/* NULL: no Content-Type */
	bool disposed;		/* Content-Disposition was read */
	const char *data;
	size_t len;
};

struct delimiter {
	const char *begin;	/* its CRLF, which is not content */
	const char *after;	/* first byte after its line */
	bool last;
};

struct parser {
	struct arena arena;	/* copies of headers */
	struct multimap members;
	const char *at;
	const char *end;
	char boundary[MULTIPART_BOUNDARY_MAX + 4];	/* with CRLF "--" */
	size_t boundary_len;
	enum cast cast;
	bool annotate;
};

static bool
begins(const char *s, const char *end, const char *with, size_t n)
{
	return (size_t)(end - s) >= n && memcmp(s, with, n) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* NUL counts as a control character: text without any is a C string. */
static bool
has_controls(const char *s, size_t n)
{
	for (; n > 0; s++, n--)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

/* Reads the quoted value after **at, in place, and steps over it.  A backslash
 * escapes only a quote or a backslash: browsers do not escape those in a file's
 * name. */
static bool
read_quoted(char **at, struct param *out)
{
	char *from = *at + 1, *to = from;

	out->value = to;
	for (; *from != '"'; *to++ = *from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		if (*from == '\0')
			return false;
	}
	out->len = (size_t)(to - out->value);
	*at = from + 1;
	return true;
}

/* Reads up to a blank, semicolon or quote: senders do not quote boundaries with
 * "=" and "/" in them. */
static bool
read_token(char **at, struct param *out)
{
	out->value = *at;
	out->len = strcspn(*at, "; \t\"");
	*at += out->len;
	return out->len > 0;
}

/* Steps over name=value, and stores it if it is one of the wanted
 * parameters. */
static bool
read_param(char **at, struct param *wanted, size_t n_wanted)
{
	size_t i, n = strcspn(*at, "=; \t\"");
	const char *name = *at;
	struct param found;

	*at += n;
	if (n == 0 || **at != '=')
		return false;
	(*at)++;
	if (!(**at == '"' ? read_quoted : read_token)(at, &found))
		return false;
	for (i = 0; i < n_wanted; i++) {
		if (!word_is(name, n, wanted[i].name))
			continue;
		if (wanted[i].value != NULL)
			return false;
		wanted[i].value = found.value;
		wanted[i].len = found.len;
	}
	return true;
}

/* Reads the parameters after a header's first word, in place.  Semicolons may
 * follow each other (RFC 9110 section 5.6.6). */
static bool
read_params(char *at, struct param *wanted, size_t n_wanted)
{
	for (;;) {
		at += strspn(at, " \t");
		if (*at == '\0')
			return true;
		if (*at++ != ';')
			return false;
		at += strspn(at, " \t");
		if (*at != ';' && *at != '\0' &&
		    !read_param(&at, wanted, n_wanted))
			return false;
	}
}

static bool
read_disposition(struct part *part, char *value)
{
	size_t n = strcspn(value, "; \t");

	if (part->disposed || !word_is(value, n, "form-data"))
		return false;
	part->disposed = true;
	return read_params(value + n, part->params, PARAM__COUNT);
}

static bool
read_type(struct part *part, char *value)
{
	if (part->type != NULL)
		return false;
	part->type = value;
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct part *, char *value);
} headers[] = {
	{ "content-disposition", read_disposition },
	{ "content-type", read_type }
};

/* Reads a header without the CRLF at its end, and removes the CRLF of folds. */
static bool
read_header(struct arena *arena, struct part *part, const char *line, size_t n)
{
	char *text = arena_copy(arena, line, n), *to = text, *value;
	const char *end = text + n, *from;
	size_t i, name;

	for (from = text; from < end; from++) {
		if (begins(from, end, "\r\n", 2))
			from++;
		else
			*to++ = *from;
	}
	*to = '\0';
	name = strcspn(text, ": \t");
	if (has_controls(text, (size_t)(to - text)) || name == 0 ||
	    text[name] != ':')
		return false;
	value = text + name + 1;
	value += strspn(value, " \t");
	while (to > value && is_blank(to[-1]))
		*--to = '\0';
	for (i = 0; i < LENGTH(headers); i++)
		if (word_is(text, name, headers[i].name))
			return headers[i].read(part, value);
	return true;
}

/* Returns the CRLF that ends the line, after its folded continuations unless
 * the line is empty; NULL if there is none. */
static const char *
line_end(const char *line, const char *end)
{
	const char *at = memmem(line, (size_t)(end - line), "\r\n", 2);

	while (at != NULL && at > line && end - at > 2 && is_blank(at[2]))
		at = memmem(at + 2, (size_t)(end - at - 2), "\r\n", 2);
	return at;
}

/* Reads a part: headers, an empty line and the content; the last two may both
 * be missing. */
static bool
read_part(struct arena *arena, struct part *part, const char *at,
    const char *end)
{
	const char *start = at, *eol;
	unsigned n;

	for (n = 0; at < end; n++) {
		eol = line_end(at, end);
		if (eol == NULL)
			return false;
		if (eol == at) {
			at += 2;
			break;
		}
		if (n == MULTIPART_HEADERS_MAX ||
		    eol + 2 - start > MULTIPART_HEAD_MAX ||
		    !read_header(arena, part, at, (size_t)(eol - at)))
			return false;
		at = eol + 2;
	}
	part->data = at;
	part->len = (size_t)(end - at);
	return part->params[PARAM_NAME].value != NULL;
}

/* Decodes charset'language'escaped (RFC 8187); leaves any other form as it is.
 * The charset is UTF-8 or Latin-1, which jsn_put_string() distinguishes. */
static void
decode_extended(struct param *param)
{
	char *text = memchr(param->value, '\'', param->len);
	const char *end = param->value + param->len;

	if (text != NULL)
		text = memchr(text + 1, '\'', (size_t)(end - text - 1));
	if (text == NULL)
		return;
	param->value = ++text;
	param->len = urlencoded_unescape(text, text, (size_t)(end - text), '+');
}

/* True for a type that is cast although the part has no filename. */
static bool
is_bytes(const char *type)
{
	return word_is(type, strcspn(type, "; \t"), "application/octet-stream");
}

static void
put_part(struct parser *p, struct part *part)
{
	struct param *name = &part->params[PARAM_NAME];
	struct param *file = &part->params[PARAM_FILENAME];
	const char *type = part->type != NULL ? part->type : "text/plain";
	struct buf *out = multimap_add(&p->members, name->value, name->len);

	if (part->params[PARAM_EXTENDED].value != NULL) {
		file = &part->params[PARAM_EXTENDED];
		decode_extended(file);
	}
	if (file->value == NULL && !is_bytes(type)) {
		jsn_put_string(out, part->data, part->len);
	} else if (file->value != NULL && p->annotate) {
		buf_addch(out, '{');
		jsn_write_chars(out, "filename", file->value, file->len);
		jsn_write_string(out, "contentType", type);
		jsn_write_name(out, "data");
		cast_json(out, part->data, part->len, p->cast);
		jsn_write_end(out, '}');
	} else {
		cast_json(out, part->data, part->len, p->cast);
	}
}

/* Reads the rest of a boundary's line.  Returns whether the line is a
 * delimiter: it ends with CRLF, or if it is the last one, with the end of the
 * text. */
static bool
read_tail(const char *at, const char *end, struct delimiter *out)
{
	out->last = begins(at, end, "--", 2);
	if (out->last)
		at += 2;
	while (at < end && is_blank(*at))
		at++;
	out->after = begins(at, end, "\r\n", 2) ? at + 2 : at;
	return out->after > at || (out->last && at == end);
}

/* Finds the next delimiter: its CRLF is at p->at or later. */
static bool
find_delimiter(const struct parser *p, struct delimiter *out)
{
	const char *at = p->at;

	for (;; at++) {
		at = memmem(at, (size_t)(p->end - at), p->boundary,
		    p->boundary_len);
		if (at == NULL)
			return false;
		out->begin = at;
		if (read_tail(at + p->boundary_len, p->end, out))
			return true;
	}
}

/* Finds the first delimiter, which has no CRLF if there is no preamble. */
static bool
find_first(const struct parser *p, struct delimiter *out)
{
	const char *dashes = p->boundary + 2;
	size_t n = p->boundary_len - 2;

	out->begin = p->at;
	return (begins(p->at, p->end, dashes, n) &&
	    read_tail(p->at + n, p->end, out)) || find_delimiter(p, out);
}

static bool
read_parts(struct parser *p)
{
	struct delimiter delimiter;
	size_t n;

	if (!find_first(p, &delimiter))
		return false;
	/* No part: a preamble is rejected, because it would be lost. */
	if (delimiter.last)
		return delimiter.begin == p->at;
	for (n = 0; !delimiter.last; n++) {
		struct part part = { .params = {
			[PARAM_NAME] = { .name = "name" },
			[PARAM_FILENAME] = { .name = "filename" },
			[PARAM_EXTENDED] = { .name = "filename*" }
		} };

		p->at = delimiter.after;
		if (n == MULTIPART_PARTS_MAX ||
		    !find_delimiter(p, &delimiter) ||
		    !read_part(&p->arena, &part, p->at, delimiter.begin))
			return false;
		put_part(p, &part);
	}
	return true;
}

static bool
read_boundary(struct parser *p, const char *type)
{
	struct param param = { .name = "boundary" };
	char *text = arena_strdup(&p->arena, type), *s;
	size_t n;

	text += strspn(text, " \t");
	n = strcspn(text, "; \t");
	if (!word_is(text, n, "multipart/form-data") ||
	    !read_params(text + n, &param, 1) || param.len < 1 ||
	    param.len > MULTIPART_BOUNDARY_MAX ||
	    is_blank(param.value[param.len - 1]))
		return false;
	for (s = param.value; s < param.value + param.len; s++)
		if (*s < ' ' || *s > '~')
			return false;
	memcpy(p->boundary, "\r\n--", 4);
	memcpy(p->boundary + 4, param.value, param.len);
	p->boundary_len = param.len + 4;
	return true;
}

bool
multipart_json(const char *type, const char *body, size_t len, enum cast cast,
    bool annotate, struct buf *out)
{
	struct parser p = { .arena = ARENA_INIT, .at = body,
	    .end = body + len, .cast = cast, .annotate = annotate };
	bool valid;

	multimap_init(&p.members);
	valid = read_boundary(&p, type) && read_parts(&p);
	if (valid)
		multimap_put(&p.members, out);
	multimap_release(&p.members);
	arena_release(&p.arena);
	return valid;
}
