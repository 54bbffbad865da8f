/* SPDX-License-Identifier: ISC */
/* Base64 in a query parameter, decoded leniently. */
#include <stdbool.h>
#include <string.h>

#include "base/word.h"
#include "http/payload.h"
#include "http/urlencoded.h"

#define IGNORED (-1)		/* an end of line, a tab */
#define PADDING (-2)
#define OTHER (-3)

/* Returns the six bits that a character stands for, or one of the above. */
static int
sextet(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	const char *at;

	switch (c) {
	case '+': case '-': case ' ':
		return 62;
	case '/': case '_':
		return 63;
	case '\r': case '\n': case '\t':
		return IGNORED;
	case '=':
		return PADDING;
	default:
		at = strchr(alphabet, c);
		return at == NULL ? OTHER : (int)(at - alphabet);
	}
}

/* Returns whether n characters of base64 and then pads characters of padding
 * are complete: the bits that remain after the last byte must be zero. */
static bool
is_whole(size_t n, size_t pads, unsigned bits)
{
	static const struct {
		size_t pads;
		unsigned unused;
	} ends[] = { { 0, 0 }, { 0, 0 }, { 2, 15 }, { 1, 3 } };

	return n > 0 && n % 4 != 1 && (pads == 0 || pads == ends[n % 4].pads) &&
	    (bits & ends[n % 4].unused) == 0;
}

/* Decodes escapes that are left because the sender encoded the value twice: no
 * alphabet of base64 has a percent sign. */
static const char *
unescape(struct arena *arena, const char *text)
{
	size_t n = strlen(text);
	char *out;

	if (memchr(text, '%', n) == NULL)
		return text;
	out = arena_copy(arena, text, n);
	n = urlencoded_unescape(out, text, n, '+');
	out[n] = '\0';
	return strlen(out) == n ? out : text;
}

int
payload_decode(struct arena *arena, const char *text, char **out, size_t *len,
    struct err *err)
{
	size_t left, n = 0, pads = 0;
	unsigned bits = 0;
	char *to;
	int six;

	text = unescape(arena, text);
	/* Blanks at the ends are not unescaped pluses: the base64 of JSON
	 * neither begins nor ends with a plus. */
	left = word_trim(&text, strlen(text), " \t\r\n");
	to = *out = arena_alloc(arena, left / 4 * 3 + 4);
	for (; left > 0; text++, left--) {
		six = sextet(*text);
		if (six == OTHER || (six >= 0 && pads > 0))
			return err_set(err, ERR_BAD_REQUEST,
			    "payload: must be base64");
		pads += six == PADDING;
		if (six < 0)
			continue;
		bits = bits << 6 | (unsigned)six;
		if (n++ % 4 != 0)
			*to++ = (char)(bits >> (6 - (n - 1) % 4 * 2));
	}
	if (!is_whole(n, pads, bits))
		return err_set(err, ERR_BAD_REQUEST, n == 0 ?
		    "payload: must not be empty" :
		    "payload: incomplete base64");
	*to = '\0';
	*len = (size_t)(to - *out);
	return 0;
}
