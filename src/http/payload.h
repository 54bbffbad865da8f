/* SPDX-License-Identifier: ISC */
/* Base64 in a query parameter.  Accepts common mistakes in its encoding
 * (wire/wallboard 5.3). */
#ifndef CREEL_HTTP_PAYLOAD_H
#define CREEL_HTTP_PAYLOAD_H

#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"

/*
 * Decodes a parameter's value (urlencoded_get()): base64 in the standard or the
 * URL-safe alphabet (RFC 4648), with or without padding.  A blank is read as an
 * unescaped plus; line ends and tabs are ignored; percent escapes of a value
 * that was encoded twice are decoded.  *out is in the arena, terminated, and
 * may hold NULs.  -1 with ERR_BAD_REQUEST for other characters, too much
 * padding or padding before the end, an impossible length, nonzero bits after
 * the last byte, and an empty value.
 */
int payload_decode(struct arena *, const char *text, char **out, size_t *len,
    struct err *);

#endif
