/* SPDX-License-Identifier: ISC */
/*
 * Casts: bytes as a JSON value, in the form that Losant's setting castBuffersAs
 * chooses for uploaded files and for bodies of type application/octet-stream
 * (wire/losant 1.7).
 */
#ifndef CREEL_HTTP_CAST_H
#define CREEL_HTTP_CAST_H

#include <stddef.h>

#include "base/buf.h"

enum cast {
	CAST_ARRAY,		/* integers from 0 to 255 */
	CAST_BINARY,		/* a string: each byte is the character with
				 * that code (Latin-1) */
	CAST_UTF8,		/* a string: U+FFFD replaces invalid UTF-8 */
	CAST_BASE64,		/* RFC 4648 section 4, padded, on one line */
	CAST_HEX,		/* lower case */
	CAST__COUNT
};

/* Returns the cast with this name: array, binary, utf8, base64, hex.  NULL and
 * unknown names return the default, CAST_ARRAY. */
enum cast cast_parse(const char *name);

/*
 * Appends len bytes as one JSON value.  CAST_BINARY and CAST_UTF8 write a NUL
 * as the escape \u0000, which PostgreSQL's json accepts but jsonb rejects.  The
 * text is at most 6 * len + 2 bytes.
 */
void cast_json(struct buf *out, const char *bytes, size_t len, enum cast);

#endif
