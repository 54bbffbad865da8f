/* SPDX-License-Identifier: ISC */
/*
 * Credentials as REST resources: the handlers that API keys, application tokens
 * and users share.  The handlers of a resource call these with its row.
 */
#ifndef CREEL_RESOURCE_CREDENTIAL_RESOURCE_H
#define CREEL_RESOURCE_CREDENTIAL_RESOURCE_H

#include "http/http.h"
#include "resource/collection.h"

struct credential_resource {
	const char *kind;	/* in creel.credential */
	const char *noun;	/* "API Key", in "API Key was not found" */
	struct collection list;
};

/* Each as a route_fn: -1 with ERR_BAD_REQUEST, ERR_NOT_FOUND, or as pg_run(). */
int credential_resource_list(struct req *, struct resp *,
    const struct credential_resource *, struct err *);
int credential_resource_get(struct req *, struct resp *,
    const struct credential_resource *, struct err *);
int credential_resource_delete(struct req *, struct resp *,
    const struct credential_resource *, struct err *);

/* The ids of the keys that can open sealed secrets, as an array's text. */
const char *credential_openers(struct req *);

#endif
