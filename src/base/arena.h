/* SPDX-License-Identifier: ISC */
/*
 * An arena: everything a request (or a command) allocates, released at once.
 * Not thread-safe: an arena belongs to the thread that serves its request.
 */
#ifndef CREEL_BASE_ARENA_H
#define CREEL_BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct buf;

struct arena {
	struct arena_block *head;	/* the newest block */
};

#define ARENA_INIT { NULL }
#define ARENA_SMALL_MAX 1000	/* bytes; larger ones have their own block */

/* Zeroed, aligned memory that lives until arena_release().  Never NULL. */
void *arena_alloc(struct arena *, size_t n) __attribute__((returns_nonnull));
/* Changes the size of memory of more than ARENA_SMALL_MAX bytes, before and
 * after, and returns its new place.  The bytes that are added are not
 * zeroed. */
void *arena_resize(struct arena *, void *p, size_t n)
    __attribute__((returns_nonnull));
char *arena_strdup(struct arena *, const char *s)
    __attribute__((returns_nonnull));
/* A terminated copy of the n bytes at p; they may contain NULs. */
char *arena_copy(struct arena *, const void *p, size_t n)
    __attribute__((returns_nonnull));
/* Returns a terminated copy of the buffer's bytes and releases the buffer. */
char *arena_take(struct arena *, struct buf *)
    __attribute__((returns_nonnull));
char *arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
/* Frees everything; the arena is empty and may be used again. */
void arena_release(struct arena *);

#endif
