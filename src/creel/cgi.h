/* SPDX-License-Identifier: ISC */
/* Plain CGI (RFC 3875): one request from the environment, then the end. */
#ifndef CREEL_CREEL_CGI_H
#define CREEL_CREEL_CGI_H

#include <stdbool.h>

#include "base/conf.h"
#include "base/fail.h"

struct auth;

/* Whether a web server has started us for one request. */
bool cgi_is(void);

/* Serves the request: descriptors 0 and 1.  0, or -1 if the answer could not
 * be written. */
int cgi_serve(const struct conf *, const struct auth *);

/* The answer when the configuration does not load: 503, in the door's
 * dialect. */
int cgi_unavailable(const struct err *);

#endif
