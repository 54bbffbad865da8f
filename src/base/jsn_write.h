/* SPDX-License-Identifier: ISC */
/*
 * Writes JSON objects and arrays to a buffer.  The functions place the commas:
 * a value gets one unless it is the first of its container, or of the buffer.
 * `name` is the member's name, or NULL for an element of an array and for the
 * value at the top.
 */
#ifndef CREEL_BASE_JSN_WRITE_H
#define CREEL_BASE_JSN_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Opens a container; jsn_write_end() closes it with '}' or ']'. */
void jsn_write_object(struct buf *, const char *name);
void jsn_write_array(struct buf *, const char *name);
void jsn_write_end(struct buf *, char bracket);

/* A NULL value is written as null.  Text as jsn_put_string(). */
void jsn_write_string(struct buf *, const char *name, const char *value);
void jsn_write_chars(struct buf *, const char *name, const char *value,
    size_t len);
void jsn_write_integer(struct buf *, const char *name, int64_t value);
void jsn_write_bool(struct buf *, const char *name, bool value);
/* A value that is JSON already. */
void jsn_write_json(struct buf *, const char *name, const char *json,
    size_t len);
/* Comma and name alone: the caller appends the value itself. */
void jsn_write_name(struct buf *, const char *name);

#endif
