/* SPDX-License-Identifier: ISC */
/* Request bodies: checks their media type and length, collects them while they
 * arrive, and decodes them. */
#include <stdlib.h>
#include <string.h>

#include "base/word.h"
#include "http/body.h"
#include "http/charset.h"
#include "http/coding.h"
#include "http/header.h"

#define ROOM_MIN 16384	/* bytes; body_add() */

/* application/json, or any type with the suffix +json (RFC 6839): exactly one
 * type, because a client may get it back. */
static bool
is_json(const char *type, enum body_rule rule)
{
	static const char suffix[] = "+json";
	const size_t len = sizeof(suffix) - 1;
	size_t n = header_type_length(type);

	return word_is(type, n, "application/json") || (rule == BODY_JSON &&
	    n > len && type[n - len - 1] != '/' &&
	    word_is(type + n - len, len, suffix));
}

/* The charset is not checked: JSON is UTF-8, and the parameter has no effect
 * (RFC 8259 sections 8.1 and 11). */
static int
check_type(const struct req *req, enum body_rule rule, struct err *err)
{
	const char *type;
	size_t count;

	type = http_header(req, "content-type", &count);
	if (type == NULL && rule == BODY_JSON)
		return 0;
	if (count != 1 || !is_json(type, rule))
		return err_set(err, ERR_UNSUPPORTED,
		    "Content-Type: must be application/json in UTF-8");
	return 0;
}

/* Checks the declared length of a body that is stored. */
static int
check_length(const struct req *req, struct err *err)
{
	if (req->length == HTTP_LENGTH_BAD)
		return err_set(err, ERR_BAD_REQUEST,
		    "Content-Length: must be a number");
	if (req->length > 0 && (uint64_t)req->length > req->body_limit)
		return err_set(err, ERR_TOO_LARGE,
		    "body: must be at most %zu bytes", req->body_limit);
	return 0;
}

/* Reads Content-Encoding.  A coding of nothing is not an error. */
static int
check_coding(const struct req *req, struct codings *out, struct err *err)
{
	out->n = 0;
	return req->length == 0 ? 0 : codings_read(req, out, err);
}

int
body_begin(struct req *req, struct err *err)
{
	struct codings codings;

	if (req->body_rule == BODY_NONE)
		return 0;
	if (req->body_rule != BODY_ANY &&
	    check_type(req, (enum body_rule)req->body_rule, err) < 0)
		return -1;
	return check_coding(req, &codings, err) < 0 ? -1 :
	    check_length(req, err);
}

/* Makes room for n more bytes.  A body that arrives at once gets one block of
 * its size; memory for the others grows with what has arrived, because their
 * senders may not be authenticated.  These begin with ROOM_MIN, which
 * arena_resize() requires. */
static void
reserve(struct req *req, size_t n)
{
	size_t need = req->raw_len + n, size = 2 * need;
	char *body;

	if (need <= req->raw_size)
		return;
	if (size < ROOM_MIN)
		size = ROOM_MIN;
	if (size > (size_t)req->length)
		size = (size_t)req->length;
	body = req->raw_size == 0 ? arena_alloc(req->arena, size + 1) :
	    arena_resize(req->arena, (char *)req->raw, size + 1);
	req->raw = body;
	req->raw_size = size;
}

int
body_add(struct req *req, const char *p, size_t n, struct err *err)
{
	char *to;

	if (req->body_rule == BODY_NONE || n == 0)
		return 0;
	/* The end of such a body looks the same as a broken connection. */
	if (req->length == HTTP_LENGTH_NONE)
		return err_set(err, ERR_LENGTH_REQUIRED,
		    "Content-Length: required with a body");
	/* The web server counts the body's bytes differently. */
	if (n > (size_t)req->length - req->raw_len)
		return err_set(err, ERR_BAD_REQUEST,
		    "body: longer than Content-Length");
	reserve(req, n);
	to = (char *)req->raw + req->raw_len;
	memcpy(to, p, n);
	to[n] = '\0';
	req->raw_len += n;
	return 0;
}

void
body_set(struct req *req, const char *body, size_t len)
{
	req->raw = req->body = body;
	req->raw_len = req->body_len = len;
}

void
body_skip_mark(struct req *req)
{
	size_t mark = charset_mark(req->body, req->body_len);

	req->body += mark;
	req->body_len -= mark;
}

int
body_check_json(struct req *req, struct err *err)
{
	struct jsn_scan scan;

	body_skip_mark(req);
	if (jsn_scan(req->body, req->body_len, JSN_DEPTH_MAX, &scan, err) < 0)
		return -1;
	req->body_type = scan.type;
	return 0;
}

int
body_end(struct req *req, struct err *err)
{
	struct codings codings;

	if (req->body_rule == BODY_NONE)
		return 0;
	if (req->length > 0 && req->raw_len < (size_t)req->length)
		return err_set(err, ERR_BAD_REQUEST,
		    "body: shorter than Content-Length");
	body_set(req, req->raw, req->raw_len);
	if (req->raw_len > 0 && (check_coding(req, &codings, err) < 0 ||
	    codings_decode(&codings, req->arena, req->body_limit, &req->body,
	    &req->body_len, err) < 0))
		return -1;
	return req->body_rule == BODY_ANY ? 0 : body_check_json(req, err);
}
