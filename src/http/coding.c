/* SPDX-License-Identifier: ISC */
/* Content codings: parses Content-Encoding and decompresses bodies. */
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/word.h"
#include "http/coding.h"

#define CHUNK 16384
/* Values of zlib's windowBits. */
#define WINDOW_ZLIB MAX_WBITS
#define WINDOW_RAW (-MAX_WBITS)
#define WINDOW_GZIP (16 + MAX_WBITS)

struct coding {
	const char *name;
	int window;		/* 0: changes nothing */
};

static const struct coding codings[] = {
	{ "gzip", WINDOW_GZIP },
	{ "x-gzip", WINDOW_GZIP },
	{ "deflate", WINDOW_ZLIB },
	{ "identity", 0 },
	{ "utf-8", 0 }
};

#define CODINGS (sizeof(codings) / sizeof(codings[0]))

/* Implements alloc_func. */
static void *
zlib_alloc(void *ctx, unsigned items, unsigned size)
{
	(void)ctx;
	return mem_alloc((size_t)items * size);
}

/* Implements free_func. */
static void
zlib_free(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

/* Returns false for a coding that is not known, or one too many. */
static bool
coding_add(struct codings *out, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < CODINGS; i++)
		if (word_is(name, n, codings[i].name))
			break;
	if (i == CODINGS || (codings[i].window != 0 && out->n == CODINGS_MAX))
		return false;
	if (codings[i].window != 0)
		out->list[out->n++] = &codings[i];
	return true;
}

/* Adds the codings of a list; empty elements count for nothing (RFC 9110
 * section 5.6.1). */
static bool
codings_parse(const char *list, struct codings *out)
{
	size_t n;

	for (;;) {
		list += strspn(list, ", \t");
		if (*list == '\0')
			return true;
		n = strcspn(list, ", \t");
		if (!coding_add(out, list, n))
			return false;
		list += n;
	}
}

int
codings_read(const struct req *req, struct codings *out, struct err *err)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < req->n_headers; i++)
		if (strcmp(req->headers[i].name, "content-encoding") == 0 &&
		    !codings_parse(req->headers[i].value, out))
			return err_set(err, ERR_UNSUPPORTED,
			    "Content-Encoding: must be gzip, deflate or "
			    "identity, at most %d of them", CODINGS_MAX);
	return 0;
}

/* Returns whether data begins with the header of RFC 1950. */
static bool
has_zlib_header(const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	return len >= 2 && (p[0] & 0x0f) == Z_DEFLATED &&
	    (p[0] << 8 | p[1]) % 31 == 0;
}

/* Decompresses all of z's input.  Returns zlib's last status: Z_STREAM_END if
 * the input is complete and no more than limit bytes were written. */
static int
inflate_all(z_stream *z, bool members, size_t limit, struct buf *out)
{
	int rc;

	do {
		z->next_out = (unsigned char *)buf_reserve(out, CHUNK);
		z->avail_out = CHUNK;
		rc = inflate(z, Z_NO_FLUSH);
		out->len += CHUNK - z->avail_out;
		/* A file in gzip's format may have several members. */
		if (rc == Z_STREAM_END && members && z->avail_in > 0)
			rc = inflateReset(z);
	} while (rc == Z_OK && out->len <= limit);
	return rc == Z_STREAM_END && z->avail_in > 0 ? Z_DATA_ERROR : rc;
}

static int
coding_decode(const struct coding *coding, const char *data, size_t len,
    size_t limit, struct buf *out, struct err *err)
{
	z_stream z = { .zalloc = zlib_alloc, .zfree = zlib_free,
	    .next_in = (const unsigned char *)data, .avail_in = (unsigned)len };
	int rc, window = coding->window;

	if (window == WINDOW_ZLIB && !has_zlib_header(data, len))
		window = WINDOW_RAW;
	if (inflateInit2(&z, window) != Z_OK)
		return err_set(err, ERR_INTERNAL, "zlib: another version");
	rc = inflate_all(&z, window == WINDOW_GZIP, limit, out);
	inflateEnd(&z);
	if (out->len > limit)
		return err_set(err, ERR_TOO_LARGE,
		    "body: must be at most %zu bytes when decoded", limit);
	return rc == Z_STREAM_END ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "body: invalid or truncated %s data", coding->name);
}

int
codings_decode(const struct codings *list, struct arena *arena, size_t limit,
    const char **text, size_t *len, struct err *err)
{
	struct buf out;
	size_t i;

	for (i = list->n; i > 0; i--) {
		buf_init(&out);
		if (coding_decode(list->list[i - 1], *text, *len, limit, &out,
		    err) < 0) {
			buf_release(&out);
			return -1;
		}
		*len = out.len;
		*text = arena_take(arena, &out);
	}
	return 0;
}

const char *
codings_print(struct arena *arena, const char *header)
{
	struct codings list = { .n = 0 };
	struct buf out;
	size_t i;

	if (header == NULL || !codings_parse(header, &list) || list.n == 0)
		return NULL;
	buf_init(&out);
	for (i = 0; i < list.n; i++) {
		if (i > 0)
			buf_addstr(&out, ", ");
		buf_addstr(&out, list.list[i]->name);
	}
	return arena_take(arena, &out);
}
