/* SPDX-License-Identifier: ISC */
/* Checks JSON and UTF-8 without building anything. */
#include <string.h>

#include "base/jsn.h"

/* The tokens that may come next. */
enum want {
	WANT_VALUE,
	WANT_VALUE_OR_END,	/* after '[' */
	WANT_NAME,
	WANT_NAME_OR_END,	/* after '{' */
	WANT_NEXT,		/* ',' or the container's end */
	WANT_NOTHING		/* the value at the top is complete */
};

struct scanner {
	const unsigned char *p;
	const unsigned char *end;
	const char *why;	/* the problem at p */
	struct jsn_scan out;
	enum want want;
	unsigned depth;		/* containers that are open */
	unsigned depth_max;
	uint64_t objects[JSN_DEPTH_MAX / 64];	/* bit per level: an object? */
};

/* Bytes that stand for themselves in a string: ASCII without controls, '"'
 * and '\'. */
static const bool string_plain[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

/* The type of a value by its first byte. */
static const unsigned char value_types[256] = {
	['{'] = JSN_OBJECT, ['['] = JSN_ARRAY, ['"'] = JSN_STRING,
	['t'] = JSN_BOOLEAN, ['f'] = JSN_BOOLEAN, ['n'] = JSN_NULL,
	['-'] = JSN_NUMBER, ['0'] = JSN_NUMBER, ['1'] = JSN_NUMBER,
	['2'] = JSN_NUMBER, ['3'] = JSN_NUMBER, ['4'] = JSN_NUMBER,
	['5'] = JSN_NUMBER, ['6'] = JSN_NUMBER, ['7'] = JSN_NUMBER,
	['8'] = JSN_NUMBER, ['9'] = JSN_NUMBER
};

static bool
reject(struct scanner *s, const char *why)
{
	s->why = why;
	return false;
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(unsigned char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static void
skip_space(struct scanner *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' ||
	    *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

/* Steps over c if it comes next. */
static bool
take(struct scanner *s, unsigned char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

size_t
jsn_utf8(const char *s, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	uint32_t point;
	size_t i, n;

	if (len == 0 || p[0] < 0x80)
		return len > 0;
	if (p[0] < 0xc0 || p[0] > 0xf7)
		return 0;
	n = 2 + (p[0] >= 0xe0) + (p[0] >= 0xf0);
	if (len < n)
		return 0;
	point = p[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3fU);
	}
	if (point < least[n] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return n;
}

bool
jsn_is_utf8(const char *s, size_t len)
{
	size_t n;

	for (; len > 0; s += n, len -= n)
		if ((n = jsn_utf8(s, len)) == 0)
			return false;
	return true;
}

size_t
jsn_points(const char *s, size_t len)
{
	size_t i, n = 0;

	/* Counts all bytes that are not continuation bytes. */
	for (i = 0; i < len; i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

/* p is at the backslash. */
static bool
scan_escape(struct scanner *s)
{
	const unsigned char *p = s->p + 1;
	int i;

	if (p == s->end)
		return reject(s, "an incomplete escape");
	if (*p != 'u') {
		if (*p == '\0' || strchr("\"\\/bfnrt", *p) == NULL)
			return reject(s, "an unknown escape");
		s->p = p + 1;
		return true;
	}
	p++;
	if (s->end - p < 4)
		return reject(s, "an incomplete escape");
	for (i = 0; i < 4; i++)
		if (!is_hex(p[i]))
			return reject(s, "an unknown escape");
	if (memcmp(p, "0000", 4) == 0)
		s->out.nul = true;
	s->p = p + 4;
	return true;
}

/* p is at the opening quote. */
static bool
scan_string(struct scanner *s)
{
	const unsigned char *p = s->p + 1, *end = s->end;
	size_t n;

	for (;;) {
		while (p < end && string_plain[*p])
			p++;
		s->p = p;
		if (p == end)
			return reject(s, "an unterminated string");
		if (*p == '"')
			break;
		if (*p == '\\') {
			if (!scan_escape(s))
				return false;
			p = s->p;
			continue;
		}
		if (*p < 0x20)
			return reject(s, "a control character in a string");
		n = jsn_utf8((const char *)p, (size_t)(end - p));
		if (n == 0)
			return reject(s, "bytes that are not UTF-8");
		p += n;
	}
	s->p++;
	return true;
}

static bool
scan_digits(struct scanner *s)
{
	const unsigned char *p = s->p;

	while (p < s->end && is_digit(*p))
		p++;
	if (p == s->p)
		return reject(s, "a digit is missing");
	s->p = p;
	return true;
}

/* Returns whether n digits that do not begin with 0 exceed an int64. */
static bool
is_wide(const unsigned char *digits, size_t n, bool negative)
{
	const char *most =
	    negative ? "9223372036854775808" : "9223372036854775807";
	size_t most_len = strlen(most);

	return n > most_len ||
	    (n == most_len && memcmp(digits, most, n) > 0);
}

static bool
scan_number(struct scanner *s)
{
	bool negative = take(s, '-'), whole = true;
	const unsigned char *digits = s->p;
	size_t n;

	if (!scan_digits(s))
		return false;
	n = (size_t)(s->p - digits);
	if (n > 1 && digits[0] == '0') {
		s->p = digits;
		return reject(s, "a number that begins with 0");
	}
	if (take(s, '.')) {
		whole = false;
		if (!scan_digits(s))
			return false;
	}
	if (take(s, 'e') || take(s, 'E')) {
		whole = false;
		if (!take(s, '+'))
			take(s, '-');
		if (!scan_digits(s))
			return false;
	}
	if (whole && is_wide(digits, n, negative))
		s->out.wide = true;
	return true;
}

static bool
scan_word(struct scanner *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return reject(s, "an unknown word");
	s->p += n;
	return true;
}

static bool
scan_open(struct scanner *s, bool object)
{
	uint64_t bit = UINT64_C(1) << s->depth % 64;

	if (s->depth == s->depth_max)
		return reject(s, "too many levels");
	if (object)
		s->objects[s->depth / 64] |= bit;
	else
		s->objects[s->depth / 64] &= ~bit;
	s->depth++;
	s->want = object ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
	s->p++;
	return true;
}

static bool
scan_value(struct scanner *s)
{
	enum jsn_type type = value_types[*s->p];
	bool ok = false;

	if (s->depth == 0)
		s->out.type = type;
	switch (type) {
	case JSN_OBJECT:
	case JSN_ARRAY:
		return scan_open(s, type == JSN_OBJECT);
	case JSN_STRING:
		ok = scan_string(s);
		break;
	case JSN_NUMBER:
		ok = scan_number(s);
		break;
	case JSN_BOOLEAN:
		ok = scan_word(s, *s->p == 't' ? "true" : "false");
		break;
	case JSN_NULL:
		ok = scan_word(s, "null");
		break;
	case JSN_NONE:
		return reject(s, "a value is missing");
	}
	s->want = s->depth > 0 ? WANT_NEXT : WANT_NOTHING;
	return ok;
}

static bool
scan_name(struct scanner *s)
{
	if (*s->p != '"')
		return reject(s, "a name is missing");
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (!take(s, ':'))
		return reject(s, "a colon is missing");
	s->out.members++;
	s->want = WANT_VALUE;
	return true;
}

static bool
scan_next(struct scanner *s)
{
	unsigned top = s->depth - 1;
	bool object = s->objects[top / 64] >> top % 64 & 1;

	if (take(s, ',')) {
		s->want = object ? WANT_NAME : WANT_VALUE;
		return true;
	}
	if (!take(s, object ? '}' : ']'))
		return reject(s, "a comma or an end is missing");
	s->depth--;
	s->want = s->depth > 0 ? WANT_NEXT : WANT_NOTHING;
	return true;
}

/* Reads the next token; p must be at a byte that is not white space. */
static bool
scan_step(struct scanner *s)
{
	switch (s->want) {
	case WANT_VALUE_OR_END:
		if (*s->p == ']')
			return scan_next(s);
		/* FALLTHROUGH */
	case WANT_VALUE:
		return scan_value(s);
	case WANT_NAME_OR_END:
		if (*s->p == '}')
			return scan_next(s);
		/* FALLTHROUGH */
	case WANT_NAME:
		return scan_name(s);
	case WANT_NEXT:
		return scan_next(s);
	case WANT_NOTHING:
		break;
	}
	return reject(s, "more than one value");
}

int
jsn_scan(const char *text, size_t len, unsigned depth, struct jsn_scan *out,
    struct err *err)
{
	const unsigned char *start = (const unsigned char *)text;
	struct scanner s = { .p = start, .end = start + len };
	bool ok = true;

	s.depth_max = depth < JSN_DEPTH_MAX ? depth : JSN_DEPTH_MAX;
	for (;;) {
		skip_space(&s);
		if (s.p == s.end)
			break;
		ok = scan_step(&s);
		if (!ok)
			break;
	}
	if (ok && s.want != WANT_NOTHING)
		ok = reject(&s, "unexpected end");
	if (!ok)
		return err_set(err, ERR_BAD_REQUEST,
		    "Invalid JSON at byte %zu: %s", (size_t)(s.p - start),
		    s.why);
	*out = s.out;
	return 0;
}
