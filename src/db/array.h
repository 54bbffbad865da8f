/* SPDX-License-Identifier: ISC */
/* PostgreSQL's one-dimensional arrays: the binary form, for parameters, and the
 * text form. */
#ifndef CREEL_DB_ARRAY_H
#define CREEL_DB_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* The types of elements: the object ID, which PostgreSQL never changes, and the
 * form in which array_add() expects an element. */
enum array_type {
	ARRAY_BYTEA = 17,		/* bytes */
	ARRAY_TEXT = 25,		/* bytes in UTF-8 */
	ARRAY_TIMESTAMPTZ = 1184,	/* int64_t: microseconds since 1970 */
	ARRAY_UUID = 2950		/* text of 36 characters */
};

/* Begins an array of n elements; n calls of array_add() with its type must
 * follow.  data NULL is SQL's NULL. */
void array_begin(struct buf *, enum array_type, size_t n);
void array_add(struct buf *, enum array_type, const void *data, size_t len);

/* Appends len bytes as a quoted element to the text of an array, which is empty
 * before the first element.  The caller adds "}" after the last one. */
void array_put(struct buf *, const char *text, size_t len);

/* Returns the text of an array of n texts, in the arena. */
const char *array_texts(struct arena *, const char *const *texts, size_t n);

/*
 * Reads the next element of an array's text without NULLs, as written above or
 * by PostgreSQL.  *p is the text at first and advances with each call.  out, of
 * size bytes, receives the terminated element, truncated if it is longer; *len
 * is its full length.  Returns false if there are no more elements.
 */
bool array_next(const char **p, char *out, size_t size, size_t *len);

#endif
