/* PostgreSQL's binary form of one-dimensional arrays, for parameters. */
#ifndef CREEL_DB_ARRAY_H
#define CREEL_DB_ARRAY_H

#include <stddef.h>

#include "base/buf.h"

/* Object ids of the elements' types, which PostgreSQL never changes. */
enum array_type { ARRAY_BYTEA = 17, ARRAY_TEXT = 25 };

/* Begins an array of n elements; n array_add() follow.  data NULL is NULL. */
void array_begin(struct buf *, enum array_type, size_t n);
void array_add(struct buf *, const void *data, size_t len);

#endif
