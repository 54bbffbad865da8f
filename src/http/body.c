/* SPDX-License-Identifier: ISC */
/* Request bodies: checks their media type and length, and reads and decodes or
 * discards them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "http/body.h"
#include "http/charset.h"
#include "http/coding.h"
#include "http/media_type.h"

#define CHUNK 16384

/* True if the n bytes at s are the word, in upper or lower case. */
static bool
is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

/* application/json, or any type with the suffix +json (RFC 6839): exactly one
 * type, because a client may get it back. */
static bool
is_json(const char *type, size_t n, enum body_rule rule)
{
	size_t slash, subtype;

	if (is_word(type, n, "application/json"))
		return true;
	if (rule != BODY_JSON || n == 0 || (slash = token_length(type)) == 0 ||
	    type[slash] != '/')
		return false;
	subtype = token_length(type + slash + 1);
	return n == slash + 1 + subtype && subtype > 5 &&
	    is_word(type + n - 5, 5, "+json");
}

/* The charset is not checked: JSON is UTF-8, and the parameter has no effect
 * (RFC 8259 sections 8.1 and 11). */
static int
check_type(const struct req *req, enum body_rule rule, struct err *err)
{
	const char *type;
	size_t n, count;

	type = http_header(req, "content-type", &count);
	if (type == NULL && rule == BODY_JSON)
		return 0;
	n = type == NULL ? 0 : strcspn(type, ";");
	while (n > 0 && strchr(" \t", type[n - 1]) != NULL)
		n--;
	if (count != 1 || !is_json(type, n, rule))
		return err_set(err, ERR_UNSUPPORTED,
		    "Content-Type: must be application/json in UTF-8");
	return 0;
}

/* Reads up to n bytes; fewer only at the end.  -1 if the body is truncated. */
static ssize_t
read_full(struct req *req, char *to, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n && !req->body_ended) {
		if ((r = req->read(req->ctx, to + got, n - got)) < 0)
			return -1;
		if (r == 0)
			req->body_ended = true;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* Rejects a body without a length: its end looks the same as a connection
 * that broke. */
static int
check_no_length(struct req *req, struct err *err)
{
	char byte;
	ssize_t got = read_full(req, &byte, 1);

	if (got < 0)
		return err_set(err, ERR_BAD_REQUEST, "body: truncated");
	if (got > 0)
		return err_set(err, ERR_LENGTH_REQUIRED,
		    "Content-Length: required with a body");
	body_set(req, "", 0);
	return 0;
}

static int
read_bytes(struct req *req, size_t limit, struct err *err)
{
	size_t len;
	ssize_t got;
	char *body, over;

	if (req->length == HTTP_LENGTH_BAD)
		return err_set(err, ERR_BAD_REQUEST,
		    "Content-Length: must be a number");
	if (req->length == HTTP_LENGTH_NONE)
		return check_no_length(req, err);
	if ((uint64_t)req->length > limit)
		return err_set(err, ERR_TOO_LARGE,
		    "body: must be at most %zu bytes", limit);
	len = (size_t)req->length;
	body = arena_alloc(req->arena, len + 1);
	got = read_full(req, body, len);
	if (got < 0 || (size_t)got < len)
		return err_set(err, ERR_BAD_REQUEST,
		    "body: shorter than Content-Length");
	/* The end must follow: otherwise the web server counts the body's
	 * bytes differently. */
	if ((got = read_full(req, &over, 1)) != 0)
		return err_set(err, ERR_BAD_REQUEST, got < 0 ?
		    "body: truncated" : "body: longer than Content-Length");
	body_set(req, body, len);
	return 0;
}

/* Reads the body and decodes it. */
static int
read_decoded(struct req *req, size_t limit, struct err *err)
{
	struct codings codings = { .n = 0 };

	/* A coding of nothing is not an error. */
	if (req->length != 0 && codings_read(req, &codings, err) < 0)
		return -1;
	if (read_bytes(req, limit, err) < 0)
		return -1;
	return req->raw_len == 0 ? 0 : codings_decode(&codings, req->arena,
	    limit, &req->body, &req->body_len, err);
}

int
body_check_json(struct req *req, struct err *err)
{
	size_t mark = charset_mark(req->body, req->body_len);
	struct jsn_scan scan;

	req->body += mark;
	req->body_len -= mark;
	if (jsn_scan(req->body, req->body_len, JSN_DEPTH_MAX, &scan, err) < 0)
		return -1;
	req->body_type = scan.type;
	return 0;
}

void
body_set(struct req *req, const char *body, size_t len)
{
	req->raw = req->body = body;
	req->raw_len = req->body_len = len;
}

void
body_discard(struct req *req)
{
	int64_t until = clock_ms() + HTTP_HURRY_MS;
	char chunk[CHUNK];
	size_t total = 0;
	ssize_t got = req->body_discarded ? -1 : 0;

	req->body_discarded = true;
	if (got == 0 && !req->body_ended && req->hurry != NULL)
		req->hurry(req->ctx);
	/* The time limit keeps a deliberately slow sender from occupying the
	 * thread: a body that has already arrived is read far faster than a
	 * byte a microsecond. */
	while (!req->body_ended && got >= 0 && total < BODY_DISCARD_MAX &&
	    clock_ms() < until + (int64_t)(total / 1000)) {
		got = req->read(req->ctx, chunk, sizeof(chunk));
		req->body_ended = got == 0;
		total += got > 0 ? (size_t)got : 0;
	}
}

int
body_read(struct req *req, enum body_rule rule, size_t limit, struct err *err)
{
	if (rule == BODY_NONE) {
		body_discard(req);
		return 0;
	}
	if (rule == BODY_ANY)
		return read_decoded(req, limit, err);
	return check_type(req, rule, err) < 0 ||
	    read_decoded(req, limit, err) < 0 || body_check_json(req, err) < 0 ?
	    -1 : 0;
}
