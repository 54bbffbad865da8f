/* SPDX-License-Identifier: ISC */
/* The address that calls an action by being opened, as the product's button
 * makes it: the key and the payload are in it (wire/wallboard 5.3). */
#ifndef CREEL_HOOK_ACTION_URL_H
#define CREEL_HOOK_ACTION_URL_H

#include "base/arena.h"
#include "base/fail.h"
#include "db/pg.h"

/* What an address is to be made of; all are borrowed. */
struct action_url {
	const char *application;	/* ids; NULL is nothing's */
	const char *action;
	const char *hooks;		/* the caller's, an array's text */
	const char *key;		/* id of the API key */
	const char *sensor_id;		/* sensor_data, each or NULL */
	const char *sensor_event;
	const char *sensor_value;
};

/* Looks whether the key may call the action; *rest gets the end of its address,
 * in the arena.  limit is that of the door's queries, in bytes.  -1 with
 * ERR_NOT_FOUND: no such application, action or key; ERR_BAD_REQUEST: the key
 * may not, or the address would be too long; or as pg_run(). */
int action_url_prepare(struct arena *, struct pg *, const struct action_url *,
    int64_t limit, const char **rest, struct err *);

/* The address, in the arena; base is what ours begin with, secret the key. */
char *action_url_make(struct arena *, const char *base, const char *secret,
    const char *rest);

#endif
