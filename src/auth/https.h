/*
 * Fetching a small file by HTTPS, for what the network must tell.  This is the
 * only user of libcurl.  The caller's thread waits, for HTTPS_TIMEOUT_MS at
 * most.
 */
#ifndef CREEL_AUTH_HTTPS_H
#define CREEL_AUTH_HTTPS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"

#define HTTPS_CONNECT_MS 2000
#define HTTPS_TIMEOUT_MS 3000

struct https_options {
	const char *roots;	/* PEM file to trust; "": the system's */
	const char *proxy;	/* "http://host:port"; "": none */
	size_t size_max;	/* bytes of an answer */
};

/* Once, before the first thread. */
void https_init(void);

/*
 * Appends what the URL names to out.  The environment's proxies are not asked,
 * redirects not followed.  -1 with ERR_NOT_FOUND: the server has it not, or
 * gives it not (400 to 499, but 408 and 429); ERR_TOO_LARGE; ERR_UNAVAILABLE:
 * no connection, no trusted one, no answer in time, any other status.
 */
int https_get(const struct https_options *, const char *url, struct buf *out,
    struct err *);

#endif
