/* SPDX-License-Identifier: ISC */
/* URLs (RFC 3986). */
#ifndef CREEL_HTTP_URL_H
#define CREEL_HTTP_URL_H

#include <stdbool.h>

/*
 * Returns whether the text is an absolute URL with the scheme http or https: a
 * host, an optional port up to 65535, and after them only escapes and
 * characters that RFC 3986 allows there.  A user name or password before the
 * host is rejected, because it would be visible with the URL.
 */
bool url_is_http(const char *);

#endif
