/* SPDX-License-Identifier: ISC */
/* Plain CGI: serves one request on standard input and output. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/logger.h"
#include "creel/cgi.h"
#include "creel/dispatch.h"
#include "db/pg.h"
#include "event/idempotency.h"
#include "http/body.h"
#include "http/stream.h"

#define CHUNK 16384

/* The exchange with the web server. */
struct cgi {
	/* Unread bytes of CONTENT_LENGTH: standard input need not end after
	 * the body (RFC 3875 section 4.2). */
	int64_t left;
	int rc;			/* -1: the response was not sent */
};

bool
cgi_is(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL;
}

/* Reads the next bytes of the body: 0 at its end or on an error. */
static size_t
input_read(struct cgi *cgi, char *to, size_t n)
{
	ssize_t got;

	if ((uint64_t)cgi->left < n)
		n = (size_t)cgi->left;
	if (n == 0)
		return 0;
	do {
		got = read(STDIN_FILENO, to, n);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return 0;
	cgi->left -= got;
	return (size_t)got;
}

/* Reads the rest of the body: the web server may not expect a response before
 * it has sent all of it. */
static void
input_discard(struct cgi *cgi)
{
	char chunk[CHUNK];
	size_t total = 0, got;

	do {
		got = input_read(cgi, chunk, sizeof(chunk));
		total += got;
	} while (got > 0 && total < HTTP_DISCARD_MAX);
}

static int
write_all(const char *p, size_t n)
{
	ssize_t done;

	for (; n > 0; p += done, n -= (size_t)done) {
		done = write(STDOUT_FILENO, p, n);
		if (done < 0 && errno == EINTR)
			done = 0;
		if (done < 0)
			return -1;
	}
	return 0;
}

static int
send_pieces(struct req *req, struct err *err)
{
	struct buf piece;
	int more = 1;

	buf_init(&piece);
	while (more > 0) {
		more = stream_next(req, &piece, err);
		if (more >= 0 && write_all(piece.data, piece.len) < 0)
			more = err_set(err, ERR_LEFT, "client closed the "
			    "connection");
	}
	buf_release(&piece);
	return more;
}

/* A truncated response shows in the log and the exit status only: for the web
 * server the end of the output is the end of the response. */
static void
answer(struct req *req)
{
	const struct resp *resp = &req->resp;
	struct cgi *cgi = req->ctx;
	struct buf head;
	struct err err;

	input_discard(cgi);
	buf_init(&head);
	http_head(resp, &head);
	cgi->rc = write_all(head.data, head.len);
	if (cgi->rc == 0 && !resp->head)
		cgi->rc = write_all(resp->body, resp->body_len);
	if (cgi->rc == 0 && resp->piece != NULL && !resp->head &&
	    (cgi->rc = send_pieces(req, &err)) < 0)
		log_warn("request id=%s cut=%s", req->id, err.text);
	stream_end(req);
	buf_release(&head);
}

static int64_t
content_length(void)
{
	const char *length = getenv("CONTENT_LENGTH");
	long long n = length == NULL ? 0 : strtoll(length, NULL, 10);

	return n > 0 ? n : 0;
}

static void
read_body(struct req *req, struct cgi *cgi)
{
	char chunk[CHUNK];
	struct err err;
	size_t got;
	int rc = body_begin(req, &err);

	while (rc == 0 && (got = input_read(cgi, chunk, sizeof(chunk))) > 0)
		rc = body_add(req, chunk, got, &err);
	dispatch_body(req, rc < 0 ? &err : NULL);
}

int
cgi_serve(const struct conf *conf, const struct auth *auth)
{
	struct pg_options options = pg_options_worker(conf);
	struct arena arena = ARENA_INIT;
	struct cgi cgi = { content_length(), 0 };
	struct services services = { .conf = conf, .auth = auth,
	    .idempotency = idempotency_new(conf->idempotency_headers) };
	struct req req = { .services = &services, .arena = &arena,
	    .send = answer, .ctx = &cgi };

	/* Each statement runs once. */
	options.prepared = false;
	req.db = pg_open(&options);
	if (dispatch(&req, environ))
		read_body(&req, &cgi);
	pg_close(&req.db);
	idempotency_free(&services.idempotency);
	arena_release(&arena);
	return cgi.rc;
}

int
cgi_unavailable(const struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct cgi cgi = { content_length(), 0 };
	const struct services none = { 0 };
	struct req req = { .services = &none, .arena = &arena,
	    .send = answer, .ctx = &cgi };

	dispatch_unavailable(&req, environ, err);
	arena_release(&arena);
	return cgi.rc;
}
