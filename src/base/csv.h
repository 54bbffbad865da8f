/* SPDX-License-Identifier: ISC */
/* Values as CSV (RFC 4180), for spreadsheets to read. */
#ifndef CREEL_BASE_CSV_H
#define CREEL_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Appends one value, without a comma or an end of line.  What is text_like
 * (comes from people, not known to be a number or the like) is always quoted,
 * and gets an apostrophe before it where a spreadsheet would take it for a
 * formula: if it begins, white space aside, with = + - @, the wide ones of
 * Japanese input too, or with a tab, CR, LF or NUL (OWASP, CSV Injection).
 * Other values stay as they are, and are quoted where they must be.
 */
void csv_put(struct buf *, const char *text, size_t len, bool text_like);

#endif
