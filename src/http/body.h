/* SPDX-License-Identifier: ISC */
/*
 * Request bodies: the media types and lengths that a route accepts (RFC 9110).
 * The transport adds the bytes as they arrive, so that no thread waits for a
 * body.
 */
#ifndef CREEL_HTTP_BODY_H
#define CREEL_HTTP_BODY_H

#include "http/http.h"

enum body_rule {
	BODY_NONE,	/* discarded */
	BODY_ANY,	/* any bytes of any type; may be empty */
	BODY_JSON,	/* UTF-8 JSON, application/json, *+json or no type */
	BODY_JSON_TYPED	/* UTF-8 JSON, application/json only */
};

/* Before the first byte: checks the media type, the coding and the declared
 * length by req->body_rule and body_limit, which dispatch() has set.  -1 with
 * ERR_UNSUPPORTED (media type or coding), ERR_TOO_LARGE, ERR_BAD_REQUEST
 * (Content-Length). */
int body_begin(struct req *, struct err *);

/* Adds bytes to req->raw.  -1 with ERR_LENGTH_REQUIRED (no Content-Length) or
 * ERR_BAD_REQUEST (more bytes than Content-Length). */
int body_add(struct req *, const char *, size_t, struct err *);

/* After the last byte: checks the body by the rule, and sets req->body, its
 * length and body_type.  body is decoded (coding.h) and, if it must be JSON,
 * without a byte order mark.  -1 with ERR_BAD_REQUEST: fewer bytes than
 * Content-Length, damaged, not JSON; ERR_TOO_LARGE: more than body_limit bytes
 * when decoded. */
int body_end(struct req *, struct err *);

/* Sets the request's body to these bytes, which are borrowed and terminated, as
 * if they had come without a coding. */
void body_set(struct req *, const char *, size_t len);

/* Skips a byte order mark (RFC 8259 section 8.1).  body_end() does so only if
 * the rule is JSON. */
void body_skip_mark(struct req *);

/* Skips a byte order mark, checks that the rest is JSON and sets body_type.
 * -1 with ERR_BAD_REQUEST. */
int body_check_json(struct req *, struct err *);

#endif
