/* SPDX-License-Identifier: ISC */
/* Values as CSV (RFC 4180), for spreadsheets to read. */
#ifndef CREEL_BASE_CSV_H
#define CREEL_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Appends one value, without a comma or an end of line.  A text_like value
 * (free text, not known to be a number or the like) is always quoted, and
 * prefixed with an apostrophe if a spreadsheet would evaluate it as a formula:
 * if it begins, after white space, with = + - @ or their full-width forms, or
 * with a tab, CR, LF or NUL (OWASP, CSV Injection).  Other values are not
 * changed, and quoted only if necessary.
 */
void csv_put(struct buf *, const char *text, size_t len, bool text_like);

#endif
