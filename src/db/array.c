/* SPDX-License-Identifier: ISC */
/* Writes and reads PostgreSQL's one-dimensional arrays. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "base/ids.h"
#include "db/array.h"

#define EPOCH INT64_C(946684800000000)	/* PostgreSQL's, 2000, since 1970 */

static void
put_int(struct buf *b, uint32_t n)
{
	n = htonl(n);
	buf_add(b, &n, sizeof(n));
}

void
array_begin(struct buf *b, enum array_type type, size_t n)
{
	put_int(b, 1);			/* dimensions */
	put_int(b, 1);			/* there may be NULLs */
	put_int(b, (uint32_t)type);
	put_int(b, (uint32_t)n);
	put_int(b, 1);			/* the first element's index */
}

static void
put_timestamp(struct buf *b, const void *data)
{
	int64_t since;

	memcpy(&since, data, sizeof(since));
	since -= EPOCH;
	put_int(b, sizeof(since));
	put_int(b, (uint32_t)((uint64_t)since >> 32));
	put_int(b, (uint32_t)since);
}

static void
put_uuid(struct buf *b, const char *text)
{
	unsigned char bytes[ID_UUID_BYTES];

	id_uuid_bytes(text, bytes);
	put_int(b, sizeof(bytes));
	buf_add(b, bytes, sizeof(bytes));
}

void
array_add(struct buf *b, enum array_type type, const void *data, size_t len)
{
	if (data == NULL) {
		put_int(b, UINT32_MAX);
		return;
	}
	switch (type) {
	case ARRAY_BYTEA:
	case ARRAY_TEXT:
		put_int(b, (uint32_t)len);
		buf_add(b, data, len);
		break;
	case ARRAY_TIMESTAMPTZ:
		put_timestamp(b, data);
		break;
	case ARRAY_UUID:
		put_uuid(b, data);
		break;
	}
}

void
array_put(struct buf *b, const char *text, size_t len)
{
	size_t i;

	buf_addstr(b, b->len == 0 ? "{\"" : ",\"");
	for (i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_addch(b, '\\');
		buf_addch(b, text[i]);
	}
	buf_addch(b, '"');
}

const char *
array_texts(struct arena *arena, const char *const *texts, size_t n)
{
	struct buf b;
	size_t i;

	buf_init(&b);
	for (i = 0; i < n; i++)
		array_put(&b, texts[i], strlen(texts[i]));
	buf_addstr(&b, n == 0 ? "{}" : "}");
	return arena_take(arena, &b);
}

bool
array_next(const char **p, char *out, size_t size, size_t *len)
{
	const char *s = *p;
	bool quoted = false;

	if ((*s != '{' && *s != ',') || s[1] == '}')
		return false;
	*len = 0;
	for (s++; *s != '\0' && (quoted || (*s != ',' && *s != '}')); s++) {
		if (*s == '"') {
			quoted = !quoted;
			continue;
		}
		if (*s == '\\' && s[1] != '\0')
			s++;
		if (*len < size - 1)
			out[*len] = *s;
		++*len;
	}
	out[*len < size ? *len : size - 1] = '\0';
	*p = s;
	return true;
}
