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
 * Begins a request.  The caller has set the transport's members of struct req;
 * env holds the CGI variables, and is valid until req->send is called.  Returns
 * true if the request waits for its body: the caller receives it with the
 * functions of body.h and then calls dispatch_body().  Otherwise req->send was
 * called, and the request is not the caller's any more.
 */
bool dispatch(struct req *, char *const *env);

/* Continues with the whole body, or with the reason why there is none: an error
 * of body.h or of the transport.  req->send is called exactly once, before
 * dispatch_body() returns or later by another thread.  By then the response is
 * complete and logged. */
void dispatch_body(struct req *, const struct err *why);

/* Responds 503 to any request, because of err, which is logged; otherwise like
 * dispatch() with a request that does not wait. */
void dispatch_unavailable(struct req *, char *const *env, const struct err *);

#endif
