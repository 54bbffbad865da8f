/* SPDX-License-Identifier: ISC */
/* Escapes the characters of a text that a terminal does not show. */
#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "base/jsn.h"

/* Ranges of code points, in order (Unicode 15). */
static const uint32_t hidden[][2] = {
	{ 0x0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f },
	{ 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
	{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }
};

/* Returns the code point of the UTF-8 character of n bytes at s. */
static uint32_t
code_point(const unsigned char *s, size_t n)
{
	uint32_t c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

static bool
is_hidden(uint32_t c)
{
	size_t i = 0;

	while (i < sizeof(hidden) / sizeof(hidden[0]) && c > hidden[i][1])
		i++;
	return i < sizeof(hidden) / sizeof(hidden[0]) && c >= hidden[i][0];
}

void
escape_text(struct buf *out, const char *text, size_t len, bool lines)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = jsn_utf8(text + i, len - i);
		if (n > 0 && ((lines && (s[i] == '\n' || s[i] == '\t')) ||
		    !is_hidden(code_point(s + i, n)))) {
			buf_add(out, text + i, n);
			continue;
		}
		buf_printf(out, "\\x%02x", s[i]);
		/* The other bytes of the character are escaped as they are
		 * none of their own. */
		n = 1;
	}
}

void
escape_json(struct buf *out, const char *json)
{
	const unsigned char *s = (const unsigned char *)json;
	size_t len = strlen(json), i, n;
	uint32_t c;

	for (i = 0; i < len; i += n) {
		n = jsn_utf8(json + i, len - i);
		n = n == 0 ? 1 : n;
		c = code_point(s + i, n);
		if (c < 0x7f || !is_hidden(c))
			buf_add(out, json + i, n);
		else if (c < 0x10000)
			buf_printf(out, "\\u%04x", c);
		else
			buf_printf(out, "\\u%04x\\u%04x",
			    0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
	}
}
