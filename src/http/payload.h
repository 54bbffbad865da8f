/* SPDX-License-Identifier: ISC */
/* What stands in a query as base64, as callers write it who forget the half of
 * how that is done (wire/wallboard 5.3). */
#ifndef CREEL_HTTP_PAYLOAD_H
#define CREEL_HTTP_PAYLOAD_H

#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"

/*
 * Decodes a parameter's value (urlencoded_get): base64 of the standard alphabet
 * or the one for URLs (RFC 4648), with or without padding; a blank in it is a
 * plus that was not escaped, line ends and tabs mean nothing.  *out is in the
 * arena, terminated, and may hold NULs.  -1 with ERR_BAD_REQUEST for anything
 * else: other characters, padding that is too much or not at the end, a length
 * that cannot be, bits beyond the last byte, nothing at all.
 */
int payload_decode(struct arena *, const char *text, char **out, size_t *len,
    struct err *);

#endif
