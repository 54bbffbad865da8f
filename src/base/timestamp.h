/* SPDX-License-Identifier: ISC */
/* Dates and timestamps as text, in the proleptic Gregorian calendar. */
#ifndef CREEL_BASE_TIMESTAMP_H
#define CREEL_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Each returns the problem with len bytes, for people to read, or NULL.
 * PostgreSQL accepts every text that passes as date or timestamptz. */

/* YYYY-MM-DD (RFC 3339, full-date), an existing day from the year 1 on. */
const char *timestamp_date_wrong(const char *s, size_t len);
/* RFC 3339's date-time, with a T, at most nine digits of a second and an offset
 * of at most 15:59, PostgreSQL's limit.  Second 60 is allowed only as 23:59:60
 * in UTC, with no fraction but 0: PostgreSQL rejects any later time. */
const char *timestamp_time_wrong(const char *s, size_t len);

/* Reads such a date-time as seconds since 1970, without its fraction; returns
 * false if it is invalid. */
bool timestamp_seconds(const char *s, size_t len, int64_t *out);

/*
 * These read other spellings of ISO 8601 and append the one that the functions
 * above check: the caller checks whether it exists.  Return false, having
 * appended a part of it, for anything else.
 *
 * The date is YYYY-MM-DD or YYYYMMDD.  A time follows after a T, or after a
 * blank (RFC 3339, section 5.6) if the date has hyphens: hh:mm or hh:mm:ss, or
 * hhmm or hhmmss if the date has none.  A fraction of a second begins with a
 * point or a comma.  The offset is Z, +hh:mm, +hhmm or +hh; *local is whether
 * it is missing and replaced by the argument.
 */
bool timestamp_date_put(const char *s, size_t len, struct buf *);
bool timestamp_time_put(const char *s, size_t len, const char *offset,
    struct buf *, bool *local);

/* Returns whether s is +hh:mm or -hh:mm, of at most 15:59. */
bool timestamp_is_offset(const char *s, size_t len);

#endif
