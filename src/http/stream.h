/* SPDX-License-Identifier: ISC */
/*
 * Streams: responses that are produced in pieces while they are sent.  Their
 * length is unlimited, and only one piece is in memory.  A stream occupies a
 * serving thread while it produces a piece, not while the client reads it.
 */
#ifndef CREEL_HTTP_STREAM_H
#define CREEL_HTTP_STREAM_H

#include <stdatomic.h>
#include <stddef.h>

#include "http/http.h"

/* The number of streams of this process in progress, and its maximum. */
struct streams {
	atomic_int n;
	int max;
};

/* Reserves half of the threads for other requests: max is the other half, at
 * least 1. */
void streams_init(struct streams *, int64_t threads);

/*
 * Continues the response after its body, which may be empty, with the pieces
 * that piece returns; the response has no Content-Length.  For handlers that
 * complete the response themselves (not with HTTP_LATER), and do nothing
 * afterwards that can fail.  -1 with ERR_UNAVAILABLE if too many streams are in
 * progress.
 */
int stream_begin(struct req *, http_piece_fn *piece, void *ctx,
    struct err *);

/* Replaces what is in out with the next piece.  Returns 1 if more follow, 0 if
 * it was the last, or -1 and err: the response is cut off. */
int stream_next(struct req *, struct buf *out, struct err *);

/* Ends the stream, if the response is one: after the last piece, and after a
 * response that was cut off. */
void stream_end(struct req *);

#endif
