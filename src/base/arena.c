/* SPDX-License-Identifier: ISC */
/* Arenas: memory of a request or a command, released at once. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

/* Fits a page together with malloc's header. */
#define ARENA_BLOCK_SIZE (4 * ARENA_SMALL_MAX)
#define PRINTF_GUESS 256	/* bytes that most formatted texts fit in */

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	max_align_t data[];
};

/* Returns the memory for a block.  An overflow becomes SIZE_MAX, which
 * malloc(3) never grants. */
static size_t
block_bytes(size_t size)
{
	size_t head = sizeof(struct arena_block);

	return size < SIZE_MAX - head ? head + size : SIZE_MAX;
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *b = mem_alloc(block_bytes(size));

	b->size = size;
	return b;
}

static bool
block_has(const struct arena_block *b, size_t n)
{
	return b != NULL && b->size - b->used >= n;
}

static size_t
aligned(size_t n)
{
	const size_t align = _Alignof(max_align_t);

	return n < SIZE_MAX - align ? (n + align - 1) / align * align :
	    SIZE_MAX;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->head;
	bool large;
	char *p;

	n = aligned(n);
	if (!block_has(b, n)) {
		large = n > ARENA_SMALL_MAX;
		b = block_new(large ? n : ARENA_BLOCK_SIZE);
		/* A large block goes second: the newest one has room left. */
		if (large && a->head != NULL) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	p = (char *)b->data + b->used;
	b->used += n;
	return p;
}

void *
arena_resize(struct arena *a, void *p, size_t n)
{
	struct arena_block **at = &a->head, *b;

	while ((void *)(*at)->data != p)
		at = &(*at)->next;
	n = aligned(n);
	b = mem_resize(*at, block_bytes(n));
	b->size = b->used = n;
	*at = b;
	return b->data;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s));
}

char *
arena_copy(struct arena *a, const void *p, size_t n)
{
	char *s = arena_alloc(a, n < SIZE_MAX ? n + 1 : n);

	if (n > 0)
		memcpy(s, p, n);
	return s;
}

char *
arena_take(struct arena *a, struct buf *b)
{
	char *s = arena_copy(a, b->data, b->len);

	buf_release(b);
	return s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char text[PRINTF_GUESS], *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < (int)sizeof(text))
		return arena_copy(a, text, n < 0 ? 0 : (size_t)n);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void
arena_release(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->head; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}
