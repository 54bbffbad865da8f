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

#define ARENA_BLOCK_SIZE 4000	/* fits a page together with malloc's header */
#define PRINTF_GUESS 256	/* bytes that most formatted texts fit in */

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	max_align_t data[];
};

static struct arena_block *
block_new(size_t size)
{
	size_t head = sizeof(struct arena_block);
	struct arena_block *b;

	/* An overflow becomes SIZE_MAX, which malloc(3) never grants. */
	b = mem_alloc(size < SIZE_MAX - head ? head + size : SIZE_MAX);
	b->size = size;
	return b;
}

static bool
block_has(const struct arena_block *b, size_t n)
{
	return b != NULL && b->size - b->used >= n;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_block *b = a->head;
	bool large;
	char *p;

	n = n < SIZE_MAX - align ? (n + align - 1) / align * align : SIZE_MAX;
	if (!block_has(b, n)) {
		large = n > ARENA_BLOCK_SIZE / 4;
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
