/* SPDX-License-Identifier: ISC */
/*
 * Hooks as REST resources: the handlers that webhooks, forms and actions share.
 */
#ifndef CREEL_RESOURCE_HOOK_RESOURCE_H
#define CREEL_RESOURCE_HOOK_RESOURCE_H

#include "db/pg.h"
#include "http/http.h"

/* Fields by which hooks of every kind are sorted and filtered. */
#define HOOK_RESOURCE_FIELDS .sort_fields = \
	"name id creationDate lastUpdated", .filter_fields = "name"

/* Handlers (route_fn) for collections of hooks.  -1 with ERR_BAD_REQUEST,
 * ERR_NOT_FOUND, ERR_TOO_LARGE, or as pg_run(). */
int hook_resource_list(struct req *, struct resp *, struct err *);
int hook_resource_create(struct req *, struct resp *, struct err *);
int hook_resource_get(struct req *, struct resp *, struct err *);
int hook_resource_patch(struct req *, struct resp *, struct err *);
int hook_resource_delete(struct req *, struct resp *, struct err *);

#endif
