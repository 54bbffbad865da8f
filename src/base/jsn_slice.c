#include <stdlib.h>
#include <string.h>

#include "base/jsn.h"

/* All of this reads what jsn_scan() took, so no end is looked for. */

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* p is at the opening quote. */
static const char *
skip_string(const char *p)
{
	for (p++; *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

static const char *
skip_value(const char *p)
{
	size_t depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
		} else if (strchr("{}[]", *p) != NULL) {
			depth += *p == '{' || *p == '[';
			depth -= *p == '}' || *p == ']';
			p++;
		} else {
			p += strcspn(p, ",\"{}[] \t\r\n");
			if (depth > 0)
				p += strspn(p, ", \t\r\n");
		}
	} while (depth > 0);
	return p;
}

static uint32_t
unit_read(const char *hex)
{
	char digits[5] = "";

	memcpy(digits, hex, 4);
	return (uint32_t)strtoul(digits, NULL, 16);
}

static void
put_point(struct buf *out, uint32_t point)
{
	if (point < 0x80) {
		buf_addch(out, (char)point);
	} else if (point < 0x800) {
		buf_addch(out, (char)(0xc0 | point >> 6));
		buf_addch(out, (char)(0x80 | (point & 0x3f)));
	} else if (point < 0x10000) {
		buf_addch(out, (char)(0xe0 | point >> 12));
		buf_addch(out, (char)(0x80 | (point >> 6 & 0x3f)));
		buf_addch(out, (char)(0x80 | (point & 0x3f)));
	} else {
		buf_addch(out, (char)(0xf0 | point >> 18));
		buf_addch(out, (char)(0x80 | (point >> 12 & 0x3f)));
		buf_addch(out, (char)(0x80 | (point >> 6 & 0x3f)));
		buf_addch(out, (char)(0x80 | (point & 0x3f)));
	}
}

static bool
is_half(uint32_t unit, uint32_t first)
{
	return (unit & 0xfc00) == first;
}

/* p is at the digits of \uXXXX; gives what is behind what it took. */
static const char *
decode_unit(const char *p, struct buf *out)
{
	uint32_t unit = unit_read(p), low;

	p += 4;
	if (is_half(unit, 0xd800) && p[0] == '\\' && p[1] == 'u' &&
	    is_half(low = unit_read(p + 2), 0xdc00)) {
		unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
		p += 6;
	}
	/* A half alone is no character. */
	if (unit >= 0xd800 && unit <= 0xdfff)
		unit = 0xfffd;
	put_point(out, unit);
	return p;
}

/* p is at the opening quote. */
static void
decode(const char *p, struct buf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *letter;
	size_t n;

	for (p++; *p != '"';) {
		n = strcspn(p, "\"\\");
		buf_add(out, p, n);
		p += n;
		if (*p != '\\')
			continue;
		if (p[1] == 'u') {
			p = decode_unit(p + 2, out);
			continue;
		}
		letter = strchr(from, p[1]);
		buf_addch(out, letter == NULL ? p[1] : to[letter - from]);
		p += 2;
	}
}

void
jsn_decode(const struct jsn_slice *string, struct buf *out)
{
	if (string->type == JSN_STRING)
		decode(string->text, out);
}

/* The type of the value at p. */
static enum jsn_type
type_of(const char *p)
{
	static const struct {
		const char *first;
		enum jsn_type type;
	} types[] = {
		{ "{", JSN_OBJECT }, { "[", JSN_ARRAY }, { "\"", JSN_STRING },
		{ "tf", JSN_BOOLEAN }, { "n", JSN_NULL }
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strchr(types[i].first, *p) != NULL)
			return types[i].type;
	return JSN_NUMBER;
}

int
jsn_slice(const char *object, const char *const *names,
    struct jsn_slice *out, struct err *err)
{
	const char *p = skip_space(object), *value, *end;
	struct buf name;
	size_t i;
	int rc = 0;

	for (i = 0; names[i] != NULL; i++)
		out[i] = (struct jsn_slice){ "", 0, JSN_NONE };
	buf_init(&name);
	/* At the brace or at a comma. */
	while (rc == 0 && *(p = skip_space(p + 1)) != '}') {
		name.len = 0;
		decode(p, &name);
		value = skip_space(skip_space(skip_string(p)) + 1);
		end = skip_value(value);
		for (i = 0; names[i] != NULL; i++) {
			if (name.len != strlen(names[i]) ||
			    memcmp(name.data, names[i], name.len) != 0)
				continue;
			if (out[i].type != JSN_NONE)
				rc = err_set(err, ERR_BAD_REQUEST,
				    "%s occurs twice", names[i]);
			out[i] = (struct jsn_slice){ value,
			    (size_t)(end - value), type_of(value) };
		}
		if (*(p = skip_space(end)) == '}')
			break;
	}
	buf_release(&name);
	return rc;
}
