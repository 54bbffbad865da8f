/* SPDX-License-Identifier: ISC */
/* Dates and moments as text: the proleptic Gregorian calendar. */
#ifndef CREEL_BASE_TIMESTAMP_H
#define CREEL_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each gives what is wrong with len bytes, for people to read, or NULL.  All
 * that passes PostgreSQL takes as date and timestamptz. */

/* YYYY-MM-DD (RFC 3339, full-date), a day that there is, from the year 1. */
const char *timestamp_date_wrong(const char *s, size_t len);
/* RFC 3339's date-time, with a T, at most nine digits of a second and an
 * offset within PostgreSQL's 15:59; second 60 is 23:59:60 in UTC alone, without
 * a fraction but 0: PostgreSQL takes no moment behind it. */
const char *timestamp_time_wrong(const char *s, size_t len);

/* The moment of such a date-time in seconds since 1970, without its fraction;
 * false if something is wrong with it. */
bool timestamp_seconds(const char *s, size_t len, int64_t *out);

#endif
