/* SPDX-License-Identifier: ISC */
/*
 * Charsets: converts a text to UTF-8 by the parameter charset of its media
 * type, with the labels that senders use (most of those of the Encoding
 * Standard, section 4.2).
 */
#ifndef CREEL_HTTP_CHARSET_H
#define CREEL_HTTP_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Returns whether a media type (NULL: none) has a charset that is known. */
bool charset_is_known(const char *type);

/*
 * Appends len bytes as UTF-8.  Bytes that are invalid in the charset become
 * U+FFFD.  UTF-16 without a byte order mark is little-endian.  Returns false,
 * and leaves out unchanged, if the type has no charset, one that is not known
 * or that the C library lacks, or UTF-8 or its subset US-ASCII: the bytes are
 * UTF-8 then, or as close to it as they get.
 */
bool charset_convert(const char *type, const char *bytes, size_t len,
    struct buf *out);

/* Returns the length of UTF-8's byte order mark at the beginning of bytes: 3,
 * or 0 if there is none. */
size_t charset_mark(const char *bytes, size_t len);

#endif
