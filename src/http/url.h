/* SPDX-License-Identifier: ISC */
/* Addresses on the web (RFC 3986). */
#ifndef CREEL_HTTP_URL_H
#define CREEL_HTTP_URL_H

#include <stdbool.h>

/*
 * Whether it is an absolute URL of the scheme http or https: with a host, and
 * if there is one, a port up to 65535, and after them only what RFC 3986 lets
 * stand there, all else being escaped.  A name or password before the host is
 * refused: it would be shown with the URL.
 */
bool url_is_http(const char *);

#endif
