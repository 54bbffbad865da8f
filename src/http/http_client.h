/* SPDX-License-Identifier: ISC */
/*
 * HTTP client: fetches small files by HTTPS, and posts short JSON messages.
 * This is the only user of libcurl.  The calling thread waits at most
 * HTTP_CLIENT_TIMEOUT_MS.
 */
#ifndef CREEL_HTTP_HTTP_CLIENT_H
#define CREEL_HTTP_HTTP_CLIENT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"

#define HTTP_CLIENT_CONNECT_MS 2000
#define HTTP_CLIENT_TIMEOUT_MS 3000

struct http_client_options {
	const char *roots;	/* PEM file of roots; "": the system's */
	const char *proxy;	/* "http://host:port"; "": none */
	size_t size_max;	/* bytes of a response's body */
};

/* Must be called before the first thread is started; may be called again. */
void http_client_init(void);

/*
 * Fetches an HTTPS URL and appends the body to out.  Proxies of the environment
 * are ignored, and redirects are not followed.  -1 with ERR_NOT_FOUND: status
 * 400 to 499, except 408 and 429; ERR_TOO_LARGE; ERR_UNAVAILABLE: no connection
 * or no trusted certificate, no response in time, any other status than 200.
 */
int http_client_get(const struct http_client_options *, const char *url,
    struct buf *out, struct err *);

/* Posts to one server on a persistent connection.  Only one thread may use it
 * at a time. */
struct http_client_poster;

/* Does not connect yet.  url is "http://host[:port][/path]", the same with
 * https, or "unix:/socket[:/path]".  The caller frees *out with
 * http_client_poster_close(), which accepts NULL.  -1 with ERR_CONFIG for any
 * other URL. */
int http_client_poster_open(const char *url, struct http_client_poster **out,
    struct err *);
void http_client_poster_close(struct http_client_poster **);

/*
 * Posts JSON to the URL followed by a slash and name, which is not escaped.
 * The response's body is ignored.  -1 with ERR_UNAVAILABLE: no connection, no
 * response in time, or a status other than 200 to 299.
 */
int http_client_post(struct http_client_poster *, const char *name,
    const char *json, struct err *);

#endif
