/* SPDX-License-Identifier: ISC */
/*
 * multipart/form-data (RFC 7578, with the boundaries of RFC 2046 section 5.1.1)
 * in the form that Losant passes to a workflow (wire/losant 1.7).
 *
 * The parser is strict, so that no other parser can read the same body in
 * another way; the caller keeps an invalid body as a string, so it is not lost:
 * - boundary lines and headers end with CRLF; a bare LF ends no line;
 * - a boundary is a line of its own, and may be followed by blanks: a line that
 *   only begins with it is content;
 * - each part has one Content-Disposition, form-data, with a name (RFC 7578
 *   section 4.2).  Headers may be folded.  Parameters may not be repeated.
 * Parts with a Content-Transfer-Encoding, and parts that are multipart
 * themselves, are not decoded; preamble and epilogue are ignored.  The closing
 * boundary alone, which browsers send for an empty form, is {}.
 */
#ifndef CREEL_HTTP_MULTIPART_H
#define CREEL_HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/cast.h"

#define MULTIPART_BOUNDARY_MAX 70	/* characters */
#define MULTIPART_PARTS_MAX 1000
#define MULTIPART_HEADERS_MAX 16	/* of a part */
#define MULTIPART_HEAD_MAX 8192		/* bytes of these, with line ends */

/*
 * Appends a JSON object: a member for each name, in the order of first
 * appearance.  A field is a string (not UTF-8: Latin-1; a NUL is U+FFFD).  A
 * part with a filename is cast; with annotate it is an object {"filename",
 * "contentType","data"} of which only data is cast.  filename* (RFC 8187) has
 * precedence, and the default type is text/plain.  The values of a repeated
 * name become an array.  type is the whole value of Content-Type.
 *
 * Returns false, and leaves out unchanged, for another type, no boundary or one
 * that is not 1 to 70 printable characters, a truncated body, an invalid part,
 * too many parts, or too many or too large headers.
 */
bool multipart_json(const char *type, const char *body, size_t len, enum cast,
    bool annotate, struct buf *out);

#endif
