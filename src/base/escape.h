/* SPDX-License-Identifier: ISC */
/*
 * Text from others on a terminal: characters that are not seen, or change how
 * others are seen, are escaped.  They are the controls, the line and paragraph
 * separators, and the format characters (Unicode's Cc, Zl, Zp and Cf) with the
 * other Default_Ignorable_Code_Points: bidirectional controls, zero-width
 * characters, variation selectors, tags.
 */
#ifndef CREEL_BASE_ESCAPE_H
#define CREEL_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends text with each byte of such a character, or that is not UTF-8, as
 * \xNN; not line ends and tabs if lines is set. */
void escape_text(struct buf *out, const char *text, size_t len, bool lines);
/* Appends a JSON text with such characters from U+007F on as \uNNNN.  The
 * others can only be blanks between its parts. */
void escape_json(struct buf *out, const char *json);

#endif
