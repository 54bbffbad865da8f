/* SPDX-License-Identifier: ISC */
/* Growing strings. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define BUF_SIZE_MIN 256

/* The data of a buffer without memory of its own (size 0); never written. */
static char buf_empty[1];

/* Makes room for n more bytes and the NUL. */
static void
buf_grow(struct buf *b, size_t n)
{
	size_t need, size;

	if (n < b->size && b->len < b->size - n)
		return;
	/* An overflow becomes SIZE_MAX, which malloc(3) never grants. */
	need = n < SIZE_MAX - b->len ? b->len + n + 1 : SIZE_MAX;
	size = b->size < SIZE_MAX / 2 ? b->size * 2 : SIZE_MAX;
	if (size < BUF_SIZE_MIN)
		size = BUF_SIZE_MIN;
	if (size < need)
		size = need;
	b->data = mem_resize(b->size > 0 ? b->data : NULL, size);
	b->size = size;
}

void
buf_init(struct buf *b)
{
	b->data = buf_empty;
	b->len = 0;
	b->size = 0;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	buf_grow(b, n);
	memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	/* Most texts fit at the first try. */
	buf_grow(b, 1);
	va_copy(again, ap);
	n = vsnprintf(b->data + b->len, b->size - b->len, fmt, ap);
	if (n > 0 && (size_t)n >= b->size - b->len) {
		buf_grow(b, (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	b->len += n > 0 ? (size_t)n : 0;
	b->data[b->len] = '\0';
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

char *
buf_reserve(struct buf *b, size_t n)
{
	buf_grow(b, n);
	/* The caller may fill only a part: a NUL must follow that part. */
	memset(b->data + b->len, '\0', n + 1);
	return b->data + b->len;
}

char *
buf_detach(struct buf *b)
{
	char *s = b->size > 0 ? b->data : mem_strdup("");

	buf_init(b);
	return s;
}

void
buf_release(struct buf *b)
{
	if (b->size > 0)
		free(b->data);
	buf_init(b);
}
