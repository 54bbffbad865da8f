/* SPDX-License-Identifier: ISC */
/*
 * Push: posts the channels that have new events to web servers.  The push
 * module (nchan) of a server notifies the devices that listen.  A post is a
 * hint to poll, not the command: a device that missed it still finds the event
 * by its cursor.
 *
 * Hints wait, one per channel and server, and a thread of its own posts them as
 * soon as a device that polls can find the event.  So a thread that stores
 * events never waits for a post.  A server that cannot be reached is retried
 * from time to time and then gets the waiting hints; of more than PUSH_WAITING
 * channels the oldest hints are dropped.
 */
#ifndef CREEL_EVENT_PUSH_H
#define CREEL_EVENT_PUSH_H

#include "base/conf.h"
#include "base/fail.h"

#define PUSH_SERVERS 16
#define PUSH_WAITING 16384	/* channels per server */
#define PUSH_PAUSE_MS 100	/* between two posts to a server */
#define PUSH_AWAY_MS 250	/* before the first retry after a failure; */
#define PUSH_AWAY_MAX_MS 4000	/* doubled each time, up to this */

struct push;

/* Checks push_url: -1 with ERR_CONFIG. */
int push_check(const struct conf *, struct err *);

/* Starts the thread.  Must be called before other threads start.  *out is NULL
 * if push_url is empty; the caller frees it with push_stop(), which accepts
 * NULL and posts the waiting hints, except to servers where the last post
 * failed.  -1 with ERR_CONFIG or ERR_INTERNAL. */
int push_start(const struct conf *, struct push **out, struct err *);
void push_stop(struct push **);

/*
 * Queues hints of an event that was committed.  targets is the text of the
 * array creel.event.targets.  The channel of a device or group is its id; that
 * of "all" and of tags is the application's id.  Thread-safe; does not block.
 */
void push_notify(struct push *, const char *application, const char *targets,
    const char *event);

#endif
