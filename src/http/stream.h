/* SPDX-License-Identifier: ISC */
/*
 * Answers that are made piece by piece while they are sent: as long as they
 * may be, and a piece of memory.  Each keeps a serving thread until its end.
 */
#ifndef CREEL_HTTP_STREAM_H
#define CREEL_HTTP_STREAM_H

#include <stdatomic.h>
#include <stddef.h>

#include "http/http.h"

/* The streams of this process: how many run, and how many may. */
struct streams {
	atomic_int n;
	int max;
};

/* Half the threads may stream; the others are for calls. */
void streams_init(struct streams *, int64_t threads);

/*
 * The answer goes on behind its body, which may be empty, with what piece
 * gives; nobody knows its length then.  For handlers that answer themselves
 * (not with HTTP_LATER), and then do nothing more that can fail.  -1 with
 * ERR_UNAVAILABLE if too many answers are under way so.
 */
int stream_begin(struct req *, http_piece_fn *piece, void *ctx,
    struct err *);

/* Sends n bytes, of req->ctx's; -1: nobody takes them any more. */
typedef int stream_send_fn(void *ctx, const char *, size_t n);

/* Sends all pieces, unless it is the answer to a HEAD, and gives up its place;
 * does nothing for an answer that is whole.  -1 when it was cut, and then err
 * is ERR_LEFT if whoever asked has left. */
int stream_send(struct req *, stream_send_fn *, struct err *);

#endif
