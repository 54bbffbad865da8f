/* SPDX-License-Identifier: ISC */
/*
 * The way of a request: match, authenticate, authorise, find the hook, read
 * the body, call the handler; an error becomes an answer in the door's
 * dialect here and nowhere else.
 */
#ifndef CREEL_CREEL_DISPATCH_H
#define CREEL_CREEL_DISPATCH_H

#include "http/http.h"

#define DISPATCH_RETRY_AFTER "5"	/* seconds, with every 503 */

/*
 * Answers a request of which only what it works with is set (see struct req)
 * and whose CGI variables are env.  req->send is called exactly once, with a
 * whole answer, one line in the log, and the body read to its end if that was
 * possible: before dispatch returns, or later by another thread.
 */
void dispatch(struct req *, char *const *env);

/* The same, but the answer is 503 whatever it is: we cannot serve, because of
 * err. */
void dispatch_unavailable(struct req *, char *const *env, const struct err *);

#endif
