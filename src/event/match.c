/* SPDX-License-Identifier: ISC */
/* Matches: compares values of stored events with those that a command names. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/jsn.h"
#include "base/jsn_walk.h"
#include "event/match.h"
#include "http/cast.h"
#include "http/content.h"
#include "http/multipart.h"
#include "http/urlencoded.h"

#define MEMBERS "body, headers, method, path, principal, query, record or " \
	"remoteAddress"

static const char *const members[] = {
	"body", "headers", "method", "path", "principal", "query", "record",
	"remoteAddress", NULL
};

/* Decodes "~0" and "~1" (RFC 6901, section 4); returns false for other uses of
 * "~". */
static bool
name_decode(struct arena *arena, const char *text, size_t len,
    struct match_name *out)
{
	char *to = arena_alloc(arena, len + 1);
	size_t i;

	out->text = to;
	for (i = 0; i < len; i++) {
		if (text[i] != '~') {
			*to++ = text[i];
			continue;
		}
		if (++i == len || (text[i] != '0' && text[i] != '1'))
			return false;
		*to++ = text[i] == '0' ? '~' : '/';
	}
	out->len = (size_t)(to - out->text);
	return true;
}

static bool
name_is(const struct match_name *name, const char *text, size_t len)
{
	return name->len == len && memcmp(name->text, text, len) == 0;
}

/* Splits a pointer: "" has no name, "/" has an empty one. */
static int
path_parse(struct arena *arena, const char *what, struct match *m,
    struct err *err)
{
	const char *at = m->path;
	const char *const *member = members;
	size_t len;

	while (*at != '\0') {
		if (*at++ != '/')
			return err_set(err, ERR_USAGE, "%s: PATH must be a "
			    "JSON Pointer such as /body/email, not \"%s\"",
			    what, m->path);
		if (m->n == MATCH_PATH_MAX)
			return err_set(err, ERR_USAGE, "%s: PATH must have at "
			    "most %d names", what, MATCH_PATH_MAX);
		len = strcspn(at, "/");
		if (!name_decode(arena, at, len, &m->names[m->n++]))
			return err_set(err, ERR_USAGE, "%s: \"~\" in PATH "
			    "must be ~0, and \"/\" in a name ~1", what);
		at += len;
	}
	if (m->n == 0)
		return 0;
	while (*member != NULL &&
	    !name_is(&m->names[0], *member, strlen(*member)))
		member++;
	return *member != NULL ? 0 : err_set(err, ERR_USAGE, "%s: PATH must "
	    "begin with /" MEMBERS ", not \"%s\"", what, m->path);
}

int
match_parse(struct arena *arena, const char *what, const char *text,
    bool contains, struct match *out, struct err *err)
{
	const char *equals = strchr(text, '=');
	struct jsn_scan scan;
	struct err unused;

	if (equals == NULL)
		return err_set(err, ERR_USAGE, "%s: must be PATH=VALUE", what);
	*out = (struct match){ .contains = contains, .value = equals + 1 };
	out->len = strlen(out->value);
	out->path = arena_copy(arena, text, (size_t)(equals - text));
	if (!jsn_is_utf8(text, strlen(text)))
		return err_set(err, ERR_USAGE, "%s: must be UTF-8", what);
	if (contains && out->len == 0)
		return err_set(err, ERR_USAGE, "%s: VALUE must not be empty",
		    what);
	out->is_number = jsn_scan(out->value, out->len, 1, &scan,
	    &unused) == 0 && scan.type == JSN_NUMBER &&
	    decimal_parse(out->value, out->len, &out->number);
	return path_parse(arena, what, out, err);
}

static bool
text_is(const struct match *m, const char *text, size_t len)
{
	return m->contains ? memmem(text, len, m->value, m->len) != NULL :
	    len == m->len && memcmp(text, m->value, len) == 0;
}

static bool
number_is(const struct match *m, const char *text, size_t len)
{
	struct decimal number;

	return m->is_number && decimal_parse(text, len, &number) &&
	    decimal_compare(&number, &m->number) == 0;
}

/* A match that is applied to a document; depth: names of the path that were
 * followed. */
struct search {
	const struct match *match;
	size_t depth;
	size_t index;		/* of the next element of an array */
	struct buf scratch;
};

/* Implements the callback of jsn_scalars(). */
static int
scalar_is(const struct jsn_slice *value, void *ctx)
{
	struct search *s = ctx;
	struct jsn_chars chars;

	if (value->type == JSN_STRING) {
		chars = jsn_chars(value, &s->scratch);
		return text_is(s->match, chars.text, chars.len);
	}
	return (!s->match->contains &&
	    text_is(s->match, value->text, value->len)) ||
	    (value->type == JSN_NUMBER && !s->match->contains &&
	    number_is(s->match, value->text, value->len));
}

static int value_search(const struct jsn_slice *, void *);

/* Goes on with the value of each member that has the path's next name. */
static int
member_search(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	struct search *s = ctx;
	int found;

	if (!name_is(&s->match->names[s->depth], name->text, name->len))
		return 0;
	s->depth++;
	found = value_search(value, s);
	s->depth--;
	return found;
}

/* The same for the element with the path's next name as its number, which has
 * no leading zeros. */
static int
element_search(const struct jsn_slice *value, void *ctx)
{
	struct search *s = ctx;
	size_t index = s->index++;
	char digits[24];
	int len, found;

	len = snprintf(digits, sizeof(digits), "%zu", index);
	if (!name_is(&s->match->names[s->depth], digits, (size_t)len))
		return 0;
	s->depth++;
	found = value_search(value, s);
	s->depth--;
	s->index = index + 1;
	return found;
}

static int
value_search(const struct jsn_slice *value, void *ctx)
{
	struct search *s = ctx;

	if (s->depth == s->match->n)
		return jsn_scalars(value->text, value->len, scalar_is, s);
	s->index = 0;
	return value->type == JSN_ARRAY ?
	    jsn_elements(value->text, value->len, element_search, s) :
	    jsn_members(value->text, value->len, member_search, s);
}

/* Returns whether the match concerns a member of the event. */
static bool
names_member(const struct match *m, const char *member)
{
	return m->n == 0 || name_is(&m->names[0], member, strlen(member));
}

/* text is any JSON, and terminated. */
static bool
json_is(const struct match *m, const char *member, const char *text,
    size_t len)
{
	struct search s = { .match = m, .depth = m->n > 0 };
	struct jsn_slice value = { JSN_OBJECT, text, len };
	bool found;

	if (!names_member(m, member))
		return false;
	if (text[strspn(text, " \n\r\t")] == '[')
		value.type = JSN_ARRAY;
	buf_init(&s.scratch);
	found = value_search(&value, &s) != 0;
	buf_release(&s.scratch);
	return found;
}

static bool
text_json_is(const struct match *m, const char *member, const char *text)
{
	return text != NULL && json_is(m, member, text, strlen(text));
}

static bool
string_is(const struct match *m, const char *member, const char *text)
{
	return text != NULL && m->n <= 1 && names_member(m, member) &&
	    text_is(m, text, strlen(text));
}

/* The same without percent-encoding. */
static bool
encoded_is(const struct match *m, const char *member, const char *text)
{
	struct buf plain;
	size_t len;
	bool found;

	if (text == NULL || m->n > 1 || !names_member(m, member))
		return false;
	buf_init(&plain);
	len = strlen(text);
	len = urlencoded_unescape(buf_reserve(&plain, len + 1), text, len,
	    '+');
	found = text_is(m, text, strlen(text)) || text_is(m, plain.data, len);
	buf_release(&plain);
	return found;
}

/* Reads a body that is not JSON as text, and the files of a form too. */
static bool
bytes_are(const struct match *m, const struct match_event *e)
{
	struct buf json;
	bool found;

	buf_init(&json);
	if (e->type == NULL || !multipart_json(e->type, e->body, e->body_len,
	    CAST_UTF8, true, &json))
		cast_json(&json, e->body, e->body_len, CAST_UTF8);
	found = json_is(m, "body", json.data, json.len);
	buf_release(&json);
	return found;
}

static bool
body_is(const struct match *m, const struct match_event *e)
{
	if (!names_member(m, "body") || e->body_len == 0)
		return false;
	if (strcmp(e->reading, reading_name(READING_JSON)) == 0)
		return json_is(m, "body", e->body, e->body_len);
	return text_json_is(m, "body", e->value) || bytes_are(m, e);
}

static bool
query_is(const struct match *m, const struct match_event *e)
{
	return e->query_json != NULL ?
	    text_json_is(m, "query", e->query_json) :
	    encoded_is(m, "query", e->query);
}

bool
match_is(const struct match *m, const struct match_event *e)
{
	return body_is(m, e) ||
	    text_json_is(m, "headers", e->headers) ||
	    string_is(m, "method", e->method) ||
	    encoded_is(m, "path", e->path) ||
	    string_is(m, "principal", e->principal) ||
	    query_is(m, e) ||
	    text_json_is(m, "record", e->record) ||
	    string_is(m, "remoteAddress", e->remote);
}
