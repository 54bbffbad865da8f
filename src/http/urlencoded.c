/* SPDX-License-Identifier: ISC */
/* application/x-www-form-urlencoded: decodes it, finds parameters, and writes
 * it as a JSON object. */
#include <string.h>

#include "base/hex.h"
#include "base/jsn.h"
#include "http/http.h"
#include "http/multimap.h"
#include "http/urlencoded.h"

size_t
urlencoded_unescape(char *to, const char *in, size_t n, char plus)
{
	const char *start = to, *end = in + n;
	int high, low;

	for (; in < end; in++) {
		if (*in == '%' && end - in > 2 &&
		    (high = hex_value(in[1])) >= 0 &&
		    (low = hex_value(in[2])) >= 0) {
			*to++ = (char)(high << 4 | low);
			in += 2;
		} else {
			*to++ = *in == '+' ? plus : *in;
		}
	}
	return (size_t)(to - start);
}

char *
urlencoded_decode(struct arena *arena, const char *in, size_t n, size_t *len)
{
	char *out = arena_copy(arena, in, n);
	size_t decoded = urlencoded_unescape(out, out, n, ' ');

	out[decoded] = '\0';
	if (len != NULL)
		*len = decoded;
	return out;
}

/* Decodes text.  A NUL becomes U+FFFD, so that it cannot end the string
 * early. */
static const char *
form_text(struct arena *arena, const char *in, size_t n)
{
	struct buf out;
	size_t len;
	char *text = urlencoded_decode(arena, in, n, &len);

	if (strlen(text) == len)
		return text;
	buf_init(&out);
	jsn_put_utf8(&out, text, len);
	return arena_take(arena, &out);
}

/* Returns the decoded value of a pair of n bytes if it has this name, or
 * NULL. */
static const char *
pair_value(struct arena *arena, const char *pair, size_t n, const char *name)
{
	const char *equals = memchr(pair, '=', n);
	size_t len = equals == NULL ? n : (size_t)(equals - pair);

	if (strcmp(form_text(arena, pair, len), name) != 0)
		return NULL;
	len += equals != NULL;
	return form_text(arena, pair + len, n - len);
}

const char *
urlencoded_get(struct arena *arena, const char *text, const char *name)
{
	const char *value = NULL;
	size_t n;

	for (; *text != '\0' && value == NULL; text += n + (text[n] == '&')) {
		n = strcspn(text, "&");
		value = pair_value(arena, text, n, name);
	}
	return value;
}

size_t
urlencoded_cut(struct arena *arena, const char *text, const char *name,
    const char **value, const char **rest)
{
	const char *found, *first = NULL;
	struct buf others;
	size_t n, count = 0;

	buf_init(&others);
	for (; *text != '\0'; text += n + (text[n] == '&')) {
		n = strcspn(text, "&");
		found = pair_value(arena, text, n, name);
		if (found == NULL) {
			if (others.len > 0)
				buf_addch(&others, '&');
			buf_add(&others, text, n);
		} else if (count++ == 0) {
			first = found;
		}
	}
	if (value != NULL)
		*value = first;
	if (rest != NULL)
		*rest = arena_copy(arena, others.data, others.len);
	buf_release(&others);
	return count;
}

/* Adds a pair that is not empty; scratch has room for its text. */
static void
add_pair(struct multimap *m, const char *pair, size_t n, char *scratch)
{
	const char *equals = memchr(pair, '=', n);
	size_t name = equals == NULL ? n : (size_t)(equals - pair);
	struct buf *value;

	value = multimap_add(m, scratch,
	    urlencoded_unescape(scratch, pair, name, ' '));
	if (name < n)
		name++;
	jsn_put_string(value, scratch,
	    urlencoded_unescape(scratch, pair + name, n - name, ' '));
}

bool
urlencoded_json(const char *text, size_t len, struct buf *out)
{
	const char *at = text, *end = text + len, *to;
	struct multimap m;
	struct buf scratch;
	char *room;
	bool fits = true;

	multimap_init(&m);
	buf_init(&scratch);
	room = buf_reserve(&scratch, len);
	for (; at < end && fits; at = to + (to < end)) {
		to = memchr(at, '&', (size_t)(end - at));
		if (to == NULL)
			to = end;
		if (to == at)
			continue;
		fits = m.n < URLENCODED_PAIRS_MAX;
		if (fits)
			add_pair(&m, at, (size_t)(to - at), room);
	}
	if (fits)
		multimap_put(&m, out);
	buf_release(&scratch);
	multimap_release(&m);
	return fits;
}
