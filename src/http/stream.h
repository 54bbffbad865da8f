/* SPDX-License-Identifier: ISC */
/*
 * Streams: responses that are produced in pieces while they are sent.  Their
 * length is unlimited, and only one piece is in memory.  Each occupies a
 * serving thread until its end.
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

/* Sends n bytes to the client; ctx is req->ctx.  -1 if the client does not
 * accept them any more. */
typedef int stream_send_fn(void *ctx, const char *, size_t n);

/* Sends all pieces, unless the request is a HEAD, and ends the stream; does
 * nothing for a response that is not a stream.  -1 if the response was cut off:
 * err is ERR_LEFT if the client has closed the connection. */
int stream_send(struct req *, stream_send_fn *, struct err *);

#endif
