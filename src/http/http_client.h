/* SPDX-License-Identifier: ISC */
/*
 * Asking other servers: a small file by HTTPS, for what the network must tell,
 * and short messages that they are told.  This is the only user of libcurl.
 * The caller's thread waits, for HTTP_CLIENT_TIMEOUT_MS at most.
 */
#ifndef CREEL_HTTP_HTTP_CLIENT_H
#define CREEL_HTTP_HTTP_CLIENT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"

#define HTTP_CLIENT_CONNECT_MS 2000
#define HTTP_CLIENT_TIMEOUT_MS 3000

struct http_client_options {
	const char *roots;	/* PEM file to trust; "": the system's */
	const char *proxy;	/* "http://host:port"; "": none */
	size_t size_max;	/* bytes of an answer */
};

/* Before the first thread; more than once does no harm. */
void http_client_init(void);

/*
 * Appends what the URL names to out.  The environment's proxies are not asked,
 * redirects not followed.  -1 with ERR_NOT_FOUND: the server has it not, or
 * gives it not (400 to 499, but 408 and 429); ERR_TOO_LARGE; ERR_UNAVAILABLE:
 * no connection, no trusted one, no answer in time, any other status.
 */
int http_client_get(const struct http_client_options *, const char *url,
    struct buf *out, struct err *);

/* Who posts to one server, on a connection that is kept.  It belongs to one
 * thread at a time. */
struct http_client_poster;

/* url is "http://host[:port][/path]", the same with https, or
 * "unix:/socket[:/path]"; no connection is made yet.  *out is freed with
 * http_client_poster_close(), which accepts NULL.  -1 with ERR_CONFIG for any
 * other URL. */
int http_client_poster_open(const char *url, struct http_client_poster **out,
    struct err *);
void http_client_poster_close(struct http_client_poster **);

/*
 * Posts JSON to the URL with a slash and name behind it; name is part of the
 * path as it is.  What is answered is not read.  -1 with ERR_UNAVAILABLE: no
 * connection, no answer in time, or one whose status is not 200 to 299.
 */
int http_client_post(struct http_client_poster *, const char *name,
    const char *json, struct err *);

#endif
