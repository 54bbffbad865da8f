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
 * Reads and checks the body by the rule, and sets req->body, body_len and
 * body_type.  limit is in bytes.  -1 with ERR_UNSUPPORTED (media type or
 * coding), ERR_LENGTH_REQUIRED (a body without Content-Length), ERR_TOO_LARGE,
 * ERR_BAD_REQUEST (bytes and length differ, not JSON).
 */
int body_read(struct req *, enum body_rule, size_t limit, struct err *);

/* Discards the rest of the body: at most BODY_DISCARD_MAX bytes, and only while
 * they arrive without delay.  body_ended is true afterwards if the end was
 * reached.  A second call does nothing. */
#define BODY_DISCARD_MAX (64u << 20)
void body_discard(struct req *);

#endif
