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

static int
send_pieces(struct req *req, stream_send_fn *send, struct err *err)
{
	struct resp *resp = &req->resp;
	struct buf piece;
	int rc = 1;

	buf_init(&piece);
	while (rc > 0) {
		piece.len = 0;
		rc = resp->piece(req, resp->piece_ctx, &piece, err);
		if (rc >= 0 && send(req->ctx, piece.data, piece.len) < 0)
			rc = err_set(err, ERR_LEFT, "client closed the "
			    "connection or reads too slowly");
	}
	buf_release(&piece);
	return rc;
}

int
stream_send(struct req *req, stream_send_fn *send, struct err *err)
{
	int rc = 0;

	if (req->resp.piece == NULL)
		return 0;
	if (!req->resp.head)
		rc = send_pieces(req, send, err);
	if (req->services->streams != NULL)
		atomic_fetch_sub(&req->services->streams->n, 1);
	return rc;
}
