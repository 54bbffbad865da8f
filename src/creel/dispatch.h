/*
 * The way of a request: match, authenticate, authorise, find the hook, read
 * the body, call the handler; an error becomes an answer in the door's
 * dialect here and nowhere else.
 */
#ifndef CREEL_CREEL_DISPATCH_H
#define CREEL_CREEL_DISPATCH_H

#include "http/http.h"

/*
 * Answers a request whose arena, conf, auth, db, read and read_ctx are set and
 * whose CGI variables are env.  Always leaves a whole answer, with the body
 * read to its end if that was possible (req->body_ended), and logs one line.
 */
void dispatch(struct req *, char *const *env, struct resp *);

/* Answers 503 whatever the request is: we cannot serve, because of err. */
void dispatch_unavailable(struct req *, char *const *env, const struct err *,
    struct resp *);

#endif
