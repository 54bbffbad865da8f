/* SPDX-License-Identifier: ISC */
/* PostgreSQL's one-dimensional arrays: the binary form, for parameters, and the
 * text form. */
#ifndef CREEL_DB_ARRAY_H
#define CREEL_DB_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* What an element is given as, and its type's object id, which PostgreSQL
 * never changes. */
enum array_type {
	ARRAY_BYTEA = 17,		/* bytes */
	ARRAY_TEXT = 25,		/* bytes in UTF-8 */
	ARRAY_TIMESTAMPTZ = 1184,	/* int64_t: microseconds since 1970 */
	ARRAY_UUID = 2950		/* text of 36 characters */
};

/* Begins an array of n elements; n array_add() of its type follow.  data NULL
 * is NULL. */
void array_begin(struct buf *, enum array_type, size_t n);
void array_add(struct buf *, enum array_type, const void *data, size_t len);

/* Appends len bytes as an element of an array's text, "{" being there already:
 * in quotes, so that nothing in it means anything.  The caller adds "}". */
void array_put(struct buf *, const char *text, size_t len);

/* The text of an array of n texts, in the arena. */
const char *array_texts(struct arena *, const char *const *texts, size_t n);

/*
 * Reads the next element of an array's text without NULLs, as the above or
 * PostgreSQL write it; *p is the text at first, and goes on with each.  out,
 * of size bytes and terminated, gets the element or the beginning of one that
 * is longer; *len is its whole length.  False: there is none any more.
 */
bool array_next(const char **p, char *out, size_t size, size_t *len);

#endif
