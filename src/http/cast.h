/* SPDX-License-Identifier: ISC */
/*
 * Bytes as a JSON value: what Losant's setting castBuffersAs chooses for
 * uploaded files and for bodies of type application/octet-stream
 * (wire/losant 1.7).
 */
#ifndef CREEL_HTTP_CAST_H
#define CREEL_HTTP_CAST_H

#include <stddef.h>

#include "base/buf.h"

enum cast {
	CAST_ARRAY,		/* integers from 0 to 255 */
	CAST_BINARY,		/* a string: for each byte, the character of
				 * that code (Latin-1) */
	CAST_UTF8,		/* a string: U+FFFD for what is not UTF-8 */
	CAST_BASE64,		/* RFC 4648 section 4, padded, on one line */
	CAST_HEX,		/* lower case */
	CAST__COUNT
};

/* By its name: array, binary, utf8, base64, hex.  CAST_ARRAY, the default,
 * for NULL and for a name that is not known. */
enum cast cast_parse(const char *name);

/*
 * Appends len bytes as one JSON value.  A NUL is the escape \u0000 in
 * CAST_BINARY and CAST_UTF8: right for PostgreSQL's json, but jsonb takes no
 * such string.  The text has at most 6 bytes for each byte, and two more.
 */
void cast_json(struct buf *out, const char *bytes, size_t len, enum cast);

#endif
