/* SPDX-License-Identifier: ISC */
/*
 * multipart/form-data (RFC 7578, boundaries as RFC 2046 section 5.1.1 has
 * them) as Losant hands it to a workflow (wire/losant 1.7).
 *
 * It is read strictly, so that nobody reads the same body otherwise; what is
 * not valid is kept as a string by the caller, and so not lost:
 * - lines end with CRLF, about boundaries and in headers; a bare LF is none;
 * - a boundary is a line of its own, blanks at its end aside: a line that
 *   merely begins with it is content;
 * - each part has one Content-Disposition, form-data, with a name (RFC 7578
 *   section 4.2).  Headers may be folded.  Parameters may not be repeated.
 * Parts of any Content-Transfer-Encoding, and parts that are multipart
 * themselves, are taken as they stand; preamble and epilogue are passed over.
 * The closing boundary alone, which browsers send for an empty form, is {}.
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
#define MULTIPART_HEAD_MAX 8192		/* bytes of them, with line ends */

/*
 * Appends a JSON object: a member for each name, in the order of first
 * appearance.  A field is a string (not UTF-8: Latin-1; a NUL is U+FFFD), a
 * part with a filename is cast, or if annotate {"filename","contentType",
 * "data"}, only data being cast; filename* (RFC 8187) has precedence, and the
 * type is text/plain if the part has none.  The values of a repeated name
 * become an array.  type is the whole value of Content-Type.
 *
 * False, and out as it was: another type, no boundary or one that is not 1 to
 * 70 printable characters, a body that ends early, a part that is not valid,
 * too many parts, too much of headers.
 */
bool multipart_json(const char *type, const char *body, size_t len, enum cast,
    bool annotate, struct buf *out);

#endif
