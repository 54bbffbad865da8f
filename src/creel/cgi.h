/* SPDX-License-Identifier: ISC */
/* Plain CGI (RFC 3875): serves one request from the environment. */
#ifndef CREEL_CREEL_CGI_H
#define CREEL_CREEL_CGI_H

#include <stdbool.h>

#include "base/conf.h"
#include "base/fail.h"

struct auth;

/* Returns whether a web server started the program for one request. */
bool cgi_is(void);

/* Serves the request on descriptors 0 and 1.  Returns -1 if the response could
 * not be written. */
int cgi_serve(const struct conf *, const struct auth *);

/* Responds 503, in the door's dialect, if the configuration or its keys cannot
 * be loaded.  Returns -1 if the response could not be written. */
int cgi_unavailable(const struct err *);

#endif
