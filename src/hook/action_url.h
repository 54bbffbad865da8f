/* SPDX-License-Identifier: ISC */
/* The URL that calls an action when it is opened, like that of the
 * product's button: its query holds the key and the payload
 * (wire/wallboard 5.3). */
#ifndef CREEL_HOOK_ACTION_URL_H
#define CREEL_HOOK_ACTION_URL_H

#include "base/arena.h"
#include "base/fail.h"
#include "db/pg.h"

/* The parts of a URL; all are borrowed. */
struct action_url {
	const char *application;	/* ids; NULL matches none */
	const char *action;
	const char *hooks;		/* the principal's, an array */
	const char *key;		/* id of the API key */
	const char *sensor_id;		/* sensor_data, each or NULL */
	const char *sensor_event;
	const char *sensor_value;
};

/* Checks that the key may call the action.  *rest is set to the end of the URL,
 * in the arena.  limit is the door's limit of a query, in bytes.  -1 with
 * ERR_NOT_FOUND if the application, action or key does not exist;
 * ERR_BAD_REQUEST if the key may not call the action or the URL would be too
 * long; or as pg_run(). */
int action_url_prepare(struct arena *, struct pg *, const struct action_url *,
    int64_t limit, const char **rest, struct err *);

/* Returns the URL, in the arena; base is this site's URL, secret the key. */
char *action_url_make(struct arena *, const char *base, const char *secret,
    const char *rest);

#endif
