/* SPDX-License-Identifier: ISC */
/*
 * Credentials as REST resources: the handlers that API keys, application tokens
 * and users share.
 */
#ifndef CREEL_RESOURCE_CREDENTIAL_RESOURCE_H
#define CREEL_RESOURCE_CREDENTIAL_RESOURCE_H

#include "http/http.h"
#include "resource/collection.h"

/* Handlers (route_fn) for collections of this kind of credential.  -1 with
 * ERR_BAD_REQUEST, ERR_NOT_FOUND, or as pg_run(). */
int credential_resource_list(struct req *, struct resp *, struct err *);
int credential_resource_get(struct req *, struct resp *, struct err *);
int credential_resource_delete(struct req *, struct resp *, struct err *);

/* Checks that the principal may enable the credential that the path names, of
 * the kind of the route's collection, if flag is "true": it must have all of
 * its scopes (grant_check()).  0 too if there is no such credential.  -1
 * with ERR_FORBIDDEN, or as pg_run(). */
int credential_may_enable(struct req *, const char *flag, struct err *);

/* Returns the ids of the keys that can open sealed secrets, as an array's
 * text. */
const char *credential_openers(struct req *);

#endif
