/* SPDX-License-Identifier: ISC */
/* JSON trees, built by json-c, and the writing of JSON strings. */
#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "base/jsn.h"

/* The tree is json-c's; struct jsn stands for a json_object in other files. */
struct jsn {
	char unused;
};

/* json-c represents null as NULL, which here means that there is no value. */
static const struct jsn jsn_null;

static const struct jsn *
wrap(const struct json_object *o)
{
	return o != NULL ? (const struct jsn *)o : &jsn_null;
}

/* json-c's readers take no const; none of those used here changes a value. */
static struct json_object *
unwrap(const struct jsn *j)
{
	return j != &jsn_null ? (struct json_object *)(uintptr_t)j : NULL;
}

static size_t count_members(const struct jsn *);

static int
count_member(const char *name, const struct jsn *value, void *ctx)
{
	size_t *n = ctx;

	(void)name;
	*n += 1 + count_members(value);
	return 0;
}

/* Counts the members of all objects; recurses at most JSN_TREE_DEPTH deep. */
static size_t
count_members(const struct jsn *j)
{
	size_t i, n = 0;

	if (jsn_type(j) == JSN_OBJECT)
		jsn_each(j, count_member, &n);
	else if (jsn_type(j) == JSN_ARRAY)
		for (i = 0; i < jsn_length(j); i++)
			n += count_members(jsn_at(j, i));
	return n;
}

/* Builds the tree of a text that jsn_scan() accepted; json-c's own checks are
 * off, because they differ between versions. */
static int
tree_new(const char *text, size_t len, struct jsn **out, struct err *err)
{
	struct json_tokener *tok;
	struct json_object *o;
	enum json_tokener_error e;

	/* json-c counts a scalar as a level. */
	tok = json_tokener_new_ex(JSN_TREE_DEPTH + 1);
	if (tok == NULL)
		return err_set(err, ERR_INTERNAL, "json-c: no memory");
	o = json_tokener_parse_ex(tok, text, (int)len);
	e = json_tokener_get_error(tok);
	/* A number at the top is complete only when a NUL ends it. */
	if (e == json_tokener_continue) {
		o = json_tokener_parse_ex(tok, "", 1);
		e = json_tokener_get_error(tok);
	}
	json_tokener_free(tok);
	if (e != json_tokener_success)
		return err_set(err, ERR_INTERNAL, "json-c: %s",
		    json_tokener_error_desc(e));
	*out = (struct jsn *)(uintptr_t)wrap(o);
	return 0;
}

int
jsn_parse(const char *text, size_t len, struct jsn **out, struct err *err)
{
	struct jsn_scan seen;
	struct jsn *tree = NULL;

	if (len > JSN_TREE_SIZE)
		return err_set(err, ERR_BAD_REQUEST,
		    "Invalid JSON: more than %d bytes", JSN_TREE_SIZE);
	if (jsn_scan(text, len, JSN_TREE_DEPTH, &seen, err) < 0)
		return -1;
	/* json-c would truncate names at the NUL and clamp the integers. */
	if (seen.nul)
		return err_set(err, ERR_BAD_REQUEST,
		    "Invalid JSON: U+0000 in a string");
	if (seen.wide)
		return err_set(err, ERR_BAD_REQUEST,
		    "Invalid JSON: an integer exceeds 64 bits");
	if (tree_new(text, len, &tree, err) < 0)
		return -1;
	/* json-c keeps one of several members with the same name. */
	if (count_members(tree) != seen.members) {
		jsn_free(&tree);
		return err_set(err, ERR_BAD_REQUEST,
		    "Invalid JSON: a duplicate name");
	}
	*out = tree;
	return 0;
}

void
jsn_free(struct jsn **j)
{
	if (*j != NULL)
		json_object_put(unwrap(*j));
	*j = NULL;
}

enum jsn_type
jsn_type(const struct jsn *j)
{
	if (j == NULL)
		return JSN_NONE;
	switch (json_object_get_type(unwrap(j))) {
	case json_type_null:
		return JSN_NULL;
	case json_type_boolean:
		return JSN_BOOLEAN;
	case json_type_double:
	case json_type_int:
		return JSN_NUMBER;
	case json_type_object:
		return JSN_OBJECT;
	case json_type_array:
		return JSN_ARRAY;
	case json_type_string:
		return JSN_STRING;
	}
	return JSN_NONE;
}

const struct jsn *
jsn_get(const struct jsn *object, const char *name)
{
	struct json_object *o;

	if (jsn_type(object) != JSN_OBJECT ||
	    !json_object_object_get_ex(unwrap(object), name, &o))
		return NULL;
	return wrap(o);
}

size_t
jsn_length(const struct jsn *j)
{
	switch (jsn_type(j)) {
	case JSN_ARRAY:
		return json_object_array_length(unwrap(j));
	case JSN_OBJECT:
		return (size_t)json_object_object_length(unwrap(j));
	default:
		return 0;
	}
}

const struct jsn *
jsn_at(const struct jsn *array, size_t i)
{
	if (jsn_type(array) != JSN_ARRAY || i >= jsn_length(array))
		return NULL;
	return wrap(json_object_array_get_idx(unwrap(array), i));
}

const char *
jsn_string(const struct jsn *j)
{
	if (jsn_type(j) != JSN_STRING)
		return NULL;
	return json_object_get_string(unwrap(j));
}

bool
jsn_integer(const struct jsn *j, int64_t *out)
{
	double d;

	if (!jsn_number(j, &d))
		return false;
	if (json_object_is_type(unwrap(j), json_type_int)) {
		*out = json_object_get_int64(unwrap(j));
		return true;
	}
	/* 1e3 and 1.0 are whole too; the bounds are -2^63 and 2^63. */
	if (d < -0x1p63 || d >= 0x1p63 || d != (double)(int64_t)d)
		return false;
	*out = (int64_t)d;
	return true;
}

bool
jsn_number(const struct jsn *j, double *out)
{
	double d;

	if (jsn_type(j) != JSN_NUMBER)
		return false;
	d = json_object_get_double(unwrap(j));
	if (!isfinite(d))
		return false;
	*out = d;
	return true;
}

bool
jsn_is_true(const struct jsn *j)
{
	return jsn_type(j) == JSN_BOOLEAN && json_object_get_boolean(unwrap(j));
}

int
jsn_each(const struct jsn *object,
    int (*fn)(const char *name, const struct jsn *value, void *ctx), void *ctx)
{
	struct json_object_iterator i, end;
	int result = 0;

	if (jsn_type(object) != JSN_OBJECT)
		return 0;
	i = json_object_iter_begin(unwrap(object));
	end = json_object_iter_end(unwrap(object));
	while (result == 0 && !json_object_iter_equal(&i, &end)) {
		result = fn(json_object_iter_peek_name(&i),
		    wrap(json_object_iter_peek_value(&i)), ctx);
		json_object_iter_next(&i);
	}
	return result;
}

void
jsn_print(const struct jsn *j, struct buf *b)
{
	if (j != NULL)
		buf_addstr(b, json_object_to_json_string_ext(unwrap(j),
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Appends a byte that must be escaped or is not UTF-8. */
static void
put_escape(struct buf *b, unsigned char c)
{
	static const char letters[256] = {
		['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
	};

	if (letters[c] != '\0') {
		buf_addch(b, '\\');
		buf_addch(b, letters[c]);
	} else if (c == '\0') {
		buf_addstr(b, "\xef\xbf\xbd");
	} else if (c < 0x20) {
		/* Capitals, as no form of a credential begins with one: a mask
		 * (auth/mask.h) never begins within an escape. */
		buf_printf(b, "\\u%04X", c);
	} else {
		/* Latin-1 */
		buf_addch(b, (char)(0xc0 | c >> 6));
		buf_addch(b, (char)(0x80 | (c & 0x3f)));
	}
}

static void
put_escaped(struct buf *b, const char *s, size_t len, bool in_json)
{
	size_t done = 0, i = 0, n;
	unsigned char c;

	while (i < len) {
		c = (unsigned char)s[i];
		if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
			i++;
			continue;
		}
		n = jsn_utf8(s + i, len - i);
		if (n > 0 && c != '\0' && !(in_json && c < 0x80)) {
			i += n;
			continue;
		}
		buf_add(b, s + done, i - done);
		put_escape(b, c);
		done = ++i;
	}
	buf_add(b, s + done, len - done);
}

void
jsn_put_chars(struct buf *b, const char *s, size_t len)
{
	put_escaped(b, s, len, true);
}

void
jsn_put_string(struct buf *b, const char *s, size_t len)
{
	buf_addch(b, '"');
	jsn_put_chars(b, s, len);
	buf_addch(b, '"');
}

void
jsn_put_utf8(struct buf *b, const char *s, size_t len)
{
	put_escaped(b, s, len, false);
}
