/* SPDX-License-Identifier: ISC */
/*
 * Content codings: decodes request bodies that their senders compressed
 * (Content-Encoding, RFC 9110 section 8.4).
 */
#ifndef CREEL_HTTP_CODING_H
#define CREEL_HTTP_CODING_H

#include "http/http.h"

#define CODINGS_MAX 4		/* codings of a body that change its bytes */

struct coding;

/* The codings that change a body's bytes, in the order in which the sender
 * applied them. */
struct codings {
	const struct coding *list[CODINGS_MAX];
	size_t n;
};

/*
 * Sets *out to the codings that the request's Content-Encoding headers list:
 * gzip and x-gzip (RFC 1952), deflate (RFC 1950 and, as many senders mean it,
 * RFC 1951).  identity changes nothing, nor does utf-8, a charset that some
 * senders write here.  Returns -1 with ERR_UNSUPPORTED for any other coding,
 * or for more than CODINGS_MAX.
 */
int codings_read(const struct req *, struct codings *out, struct err *);

/*
 * Decodes *len bytes at *text and sets both to the result, terminated and in
 * the arena; no codings leave both alone.  Returns -1 with ERR_TOO_LARGE if
 * the result of any coding has more than limit bytes, ERR_BAD_REQUEST for
 * truncated or damaged data.
 */
int codings_decode(const struct codings *, struct arena *, size_t limit,
    const char **text, size_t *len, struct err *);

/* Returns the Content-Encoding with which to return bytes that came with this
 * one, in the arena; NULL if it has no coding that changes them. */
const char *codings_print(struct arena *, const char *header);

#endif
