/* SPDX-License-Identifier: ISC */
/*
 * Hooks as Losant's resources: what webhooks and forms, which differ in their
 * properties, do alike.  A resource's handlers call these with its row.
 */
#ifndef CREEL_RESOURCE_HOOK_RESOURCE_H
#define CREEL_RESOURCE_HOOK_RESOURCE_H

#include "db/pg.h"
#include "http/http.h"

struct hook_resource {
	const char *kind;	/* of hook_kinds */
	const char *noun;	/* "Webhook", in "Webhook was not found" */
	enum sql_id create;	/* statements with the same parameters for */
	enum sql_id patch;	/* every kind */
};

/* Each as a route_fn: -1 with ERR_BAD_REQUEST, ERR_NOT_FOUND, ERR_TOO_LARGE, or
 * as pg_run(). */
int hook_resource_list(struct req *, struct resp *,
    const struct hook_resource *, struct err *);
int hook_resource_create(struct req *, struct resp *,
    const struct hook_resource *, struct err *);
int hook_resource_get(struct req *, struct resp *,
    const struct hook_resource *, struct err *);
int hook_resource_patch(struct req *, struct resp *,
    const struct hook_resource *, struct err *);
int hook_resource_delete(struct req *, struct resp *,
    const struct hook_resource *, struct err *);

#endif
