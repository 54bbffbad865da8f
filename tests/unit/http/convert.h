/* SPDX-License-Identifier: ISC */
/* Runs a converter from a request body to JSON, and checks its output. */
#ifndef CREEL_TESTS_UNIT_CONVERT_H
#define CREEL_TESTS_UNIT_CONVERT_H

#include "base/buf.h"
#include "base/jsn.h"

/* Appends the JSON of a body to out; false if the body is not valid.  ctx is
 * the test's. */
typedef bool convert_fn(const void *ctx, const char *body, size_t len,
    struct buf *out);

/*
 * Returns whether fn accepts the body; out is then one JSON object, nested at
 * most depth levels, and seen describes it, else out is empty.  The body is a
 * copy without a NUL at its end, so that a sanitizer reports reads beyond it.
 * The caller releases out.  Fails the test if fn writes anything else.
 */
bool convert(convert_fn *fn, const void *ctx, const char *body, size_t len,
    unsigned depth, struct buf *out, struct jsn_scan *seen);

/*
 * Converts bodies of 256 KiB that are meant to be slow: head and one of the n
 * pieces, repeated; without tail and with it.  Fails the test if that takes
 * ten seconds of CPU.
 */
void convert_slow(convert_fn *fn, const void *ctx, const char *head,
    const char *const *pieces, size_t n, const char *tail);

#endif
