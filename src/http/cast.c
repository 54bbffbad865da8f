/* SPDX-License-Identifier: ISC */
/* Casts: writes bytes as a JSON array, text, base64 or hex string. */
#include <stdbool.h>
#include <string.h>

#include "base/hex.h"
#include "base/jsn.h"
#include "http/cast.h"

static void
put_array(struct buf *out, const char *bytes, size_t len)
{
	char *to = buf_reserve(out, len * 4 + 2), *start = to;
	unsigned byte;
	size_t i;

	*to++ = '[';
	for (i = 0; i < len; i++) {
		byte = (unsigned char)bytes[i];
		if (i > 0)
			*to++ = ',';
		if (byte >= 100)
			*to++ = (char)('0' + byte / 100);
		if (byte >= 10)
			*to++ = (char)('0' + byte / 10 % 10);
		*to++ = (char)('0' + byte % 10);
	}
	*to++ = ']';
	out->len += (size_t)(to - start);
}

/* Returns the length of the prefix of s, up to n bytes, that jsn_put_chars()
 * can write unchanged: ASCII except NUL and, with wide, UTF-8. */
static size_t
plain_length(const char *s, size_t n, bool wide)
{
	size_t i = 0, step;

	while (i < n && s[i] != '\0') {
		step = wide ? jsn_utf8(s + i, n - i) :
		    (unsigned char)s[i] < 0x80;
		if (step == 0)
			break;
		i += step;
	}
	return i;
}

/* Returns how many bytes of s, which begins with no valid character, one U+FFFD
 * replaces: the longest prefix that could have begun a character, at least one
 * byte, as in browsers and node (Unicode, section 3.9). */
static size_t
broken_length(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	size_t i, n = 1;

	if (p[0] >= 0xc2 && p[0] <= 0xf4)
		n = 2 + (p[0] >= 0xe0) + (p[0] >= 0xf0);
	for (i = 1; i < n && i < len && p[i] >= low && p[i] <= high; i++) {
		low = 0x80;
		high = 0xbf;
	}
	return i;
}

static void
put_string(struct buf *out, const char *bytes, size_t len, bool wide)
{
	const char *end = bytes + len;
	size_t n;

	buf_addch(out, '"');
	while (bytes < end) {
		n = plain_length(bytes, (size_t)(end - bytes), wide);
		jsn_put_chars(out, bytes, n);
		bytes += n;
		if (bytes == end)
			break;
		n = 1;
		if (*bytes == '\0') {
			buf_addstr(out, "\\u0000");
		} else if (wide) {
			n = broken_length(bytes, (size_t)(end - bytes));
			buf_addstr(out, "\xef\xbf\xbd");
		} else {
			/* A single byte is not UTF-8: it is written as
			 * Latin-1. */
			jsn_put_chars(out, bytes, 1);
		}
		bytes += n;
	}
	buf_addch(out, '"');
}

static void
put_binary(struct buf *out, const char *bytes, size_t len)
{
	put_string(out, bytes, len, false);
}

static void
put_utf8(struct buf *out, const char *bytes, size_t len)
{
	put_string(out, bytes, len, true);
}

static void
put_base64(struct buf *out, const char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes;
	char *to = buf_reserve(out, (len + 2) / 3 * 4 + 2), *start = to;
	unsigned bits;
	size_t i, n;

	*to++ = '"';
	for (i = 0; i < len; i += 3) {
		n = len - i;
		bits = (unsigned)p[i] << 16 | (n > 1 ? p[i + 1] : 0U) << 8 |
		    (n > 2 ? p[i + 2] : 0U);
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = n > 1 ? digits[bits >> 6 & 63] : '=';
		*to++ = n > 2 ? digits[bits & 63] : '=';
	}
	*to++ = '"';
	out->len += (size_t)(to - start);
}

static void
put_hex(struct buf *out, const char *bytes, size_t len)
{
	char *to = buf_reserve(out, len * 2 + 2), *start = to;

	*to++ = '"';
	to = hex_put(to, bytes, len);
	*to++ = '"';
	out->len += (size_t)(to - start);
}

static const struct {
	const char *name;
	void (*put)(struct buf *, const char *, size_t);
} casts[CAST__COUNT] = {
	[CAST_ARRAY] = { "array", put_array },
	[CAST_BINARY] = { "binary", put_binary },
	[CAST_UTF8] = { "utf8", put_utf8 },
	[CAST_BASE64] = { "base64", put_base64 },
	[CAST_HEX] = { "hex", put_hex }
};

enum cast
cast_parse(const char *name)
{
	enum cast cast;

	for (cast = 0; name != NULL && cast < CAST__COUNT; cast++)
		if (strcmp(casts[cast].name, name) == 0)
			return cast;
	return CAST_ARRAY;
}

void
cast_json(struct buf *out, const char *bytes, size_t len, enum cast cast)
{
	casts[cast].put(out, bytes, len);
}
