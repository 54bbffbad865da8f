/* SPDX-License-Identifier: ISC */
/*
 * The course of a request: match, authenticate, authorise, find the hook, read
 * the body, call the handler.  Errors become responses in the door's dialect
 * here and nowhere else.
 */
#ifndef CREEL_CREEL_DISPATCH_H
#define CREEL_CREEL_DISPATCH_H

#include "http/http.h"

#define DISPATCH_RETRY_AFTER "5"	/* seconds, with every 503 */

/*
 * Serves a request.  The caller has set the transport's members of struct req;
 * env holds the CGI variables.  req->send is called exactly once, before
 * dispatch returns or later by another thread.  By then the response is
 * complete and logged, and the body was read to its end if possible.
 */
void dispatch(struct req *, char *const *env);

/* Responds 503 to any request, because of err, which is logged; otherwise like
 * dispatch(). */
void dispatch_unavailable(struct req *, char *const *env, const struct err *);

#endif
