/* Applications: the tenants, as a path names them, and Losant's REST resource
 * of them. */
#ifndef CREEL_RESOURCE_APPLICATION_H
#define CREEL_RESOURCE_APPLICATION_H

#include "http/route.h"

extern const struct route application_routes[];

/*
 * A target (route.h): sets req->application, in the request's arena, from the
 * route's first parameter: 24 hex digits of either case.  -1 with
 * ERR_NOT_FOUND if it is none or the principal does not reach it, or as
 * pg_run().  Whether there is one is for the statement to tell that comes
 * next: it joins creel.application.
 */
int application_find(struct req *, struct err *);

/* The same, with ERR_FORBIDDEN for a credential that is restricted to some of
 * the application's hooks. */
int application_find_whole(struct req *, struct err *);

/* A copy of an id in lower case; NULL if it is not 24 hex digits. */
const char *application_id(struct arena *, const char *);

/* What everybody hears of an application that is not there; -1. */
int application_missing(struct err *);

#endif
