/* SPDX-License-Identifier: ISC */
/*
 * A growing string.  data is always terminated by a NUL that len does not
 * count, and may contain others.
 */
#ifndef CREEL_BASE_BUF_H
#define CREEL_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t size;
};

void buf_init(struct buf *);
void buf_add(struct buf *, const void *p, size_t n);
void buf_addstr(struct buf *, const char *s);
void buf_addch(struct buf *, char c);
void buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));
/* Makes room for n more bytes and returns a pointer to it; the caller adds the
 * number of bytes that it wrote to len. */
char *buf_reserve(struct buf *, size_t n);
/* Returns the string, which the caller frees with free(3), and empties the
 * buffer. */
char *buf_detach(struct buf *);
void buf_release(struct buf *);

#endif
