/* SPDX-License-Identifier: ISC */
/* Body rules: which media types and lengths a route takes (RFC 9110). */
#ifndef CREEL_HTTP_BODY_H
#define CREEL_HTTP_BODY_H

#include "http/http.h"

enum body_rule {
	BODY_NONE,	/* thrown away */
	BODY_ANY,	/* any bytes of any type, or none */
	BODY_JSON,	/* UTF-8 JSON, application/json, *+json or no type */
	BODY_JSON_TYPED	/* the same, and it says application/json */
};

/*
 * Reads and checks the body by the rule: req->body, body_len, body_type.  -1
 * with ERR_UNSUPPORTED, ERR_LENGTH_REQUIRED (bytes but no length),
 * ERR_TOO_LARGE, ERR_BAD_REQUEST (bytes and length differ, not JSON).
 */
int body_read(struct req *, enum body_rule, size_t limit, struct err *);

/* Throws away what is left, at most BODY_DISCARD_MAX bytes and only as long as
 * they come at once; body_ended tells whether that reached the end.  The
 * second time it does nothing. */
#define BODY_DISCARD_MAX (64u << 20)
void body_discard(struct req *);

#endif
