/* SPDX-License-Identifier: ISC */
/* The tenant of a request: the application that its path names. */
#ifndef CREEL_HOOK_TENANT_H
#define CREEL_HOOK_TENANT_H

#include "http/route.h"

/*
 * A target (route.h): sets req->application, in the request's arena, from the
 * route's first parameter, 24 hex digits of either case.  -1 with
 * ERR_NOT_FOUND if the parameter is malformed or the principal has no access
 * to the application, or ERR_UNAVAILABLE.  The statement that runs next checks
 * that the application exists: it joins creel.application.
 */
int application_find(struct req *, struct err *);

/* The same, with ERR_FORBIDDEN for a credential that is restricted to some of
 * the application's hooks. */
int application_find_whole(struct req *, struct err *);

/*
 * Returns 1 if the principal has access to an application, 0 if it has not or
 * there is no such application, or -1 with ERR_UNAVAILABLE.  An application's
 * organization is looked up in the cache, so after a change it is valid as long
 * as a cached row.
 */
int application_reaches(struct req *, const char *id, struct err *);

/* Returns a copy of an id in lower case; NULL if it is not 24 hex digits. */
const char *application_id(struct arena *, const char *);

/* Sets the error for an application that does not exist and returns -1. */
int application_missing(struct err *);

#endif
