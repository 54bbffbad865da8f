/* SPDX-License-Identifier: ISC */
/* Streams: responses that are sent in pieces, and the limit on their number. */
#include "base/buf.h"
#include "http/stream.h"

void
streams_init(struct streams *s, int64_t threads)
{
	atomic_init(&s->n, 0);
	s->max = threads < 2 ? 1 : (int)threads / 2;
}

int
stream_begin(struct req *req, http_piece_fn *piece, void *ctx,
    struct err *err)
{
	struct streams *s = req->services->streams;

	if (s != NULL && atomic_fetch_add(&s->n, 1) >= s->max) {
		atomic_fetch_sub(&s->n, 1);
		return err_set(err, ERR_UNAVAILABLE,
		    "too many streamed responses in progress");
	}
	req->resp.piece = piece;
	req->resp.piece_ctx = ctx;
	return 0;
}

int
stream_next(struct req *req, struct buf *out, struct err *err)
{
	out->len = 0;
	return req->resp.piece(req, req->resp.piece_ctx, out, err);
}

void
stream_end(struct req *req)
{
	if (req->resp.piece != NULL && req->services->streams != NULL)
		atomic_fetch_sub(&req->services->streams->n, 1);
	req->resp.piece = NULL;
}
