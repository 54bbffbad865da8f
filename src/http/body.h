/* SPDX-License-Identifier: ISC */
/* Body rules: the media types and lengths that a route accepts (RFC 9110). */
#ifndef CREEL_HTTP_BODY_H
#define CREEL_HTTP_BODY_H

#include "http/http.h"

enum body_rule {
	BODY_NONE,	/* discarded */
	BODY_ANY,	/* any bytes of any type; may be empty */
	BODY_JSON,	/* UTF-8 JSON, application/json, *+json or no type */
	BODY_JSON_TYPED	/* UTF-8 JSON, application/json only */
};

/*
 * Reads and checks the body by the rule, and sets req->raw, body, their lengths
 * and body_type.  body is decoded (coding.h) and, if it must be JSON, without a
 * byte order mark.  limit is in bytes, of each of the two.  -1 with
 * ERR_UNSUPPORTED (media type or coding), ERR_LENGTH_REQUIRED (a body without
 * Content-Length), ERR_TOO_LARGE, ERR_BAD_REQUEST (bytes and length differ,
 * damaged, not JSON).
 */
int body_read(struct req *, enum body_rule, size_t limit, struct err *);

/* Sets the request's body to these bytes, which are borrowed and terminated, as
 * if they had come without a coding. */
void body_set(struct req *, const char *, size_t len);

/* Skips a byte order mark (RFC 8259 section 8.1), checks that the rest is JSON
 * and sets body_type.  -1 with ERR_BAD_REQUEST. */
int body_check_json(struct req *, struct err *);

/* Discards the rest of the body: at most BODY_DISCARD_MAX bytes, and only while
 * they arrive without delay.  body_ended is true afterwards if the end was
 * reached.  A second call does nothing. */
#define BODY_DISCARD_MAX (64u << 20)
void body_discard(struct req *);

#endif
