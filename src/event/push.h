/* SPDX-License-Identifier: ISC */
/*
 * Push: tells web servers which channels have news, so that their push module
 * (nchan) tells the devices that listen.  What is told is a hint, "ask now",
 * not the command: who missed it finds the event by its cursor all the same.
 *
 * Hints wait, each channel's once for each server, until a thread of its own
 * posts them, as soon as a device that asks finds the event; so nobody who
 * stores one is held up by it.  A server that is
 * away is asked again from time to time, and is told then what waits; of more
 * than PUSH_WAITING channels those that wait longest are dropped.
 */
#ifndef CREEL_EVENT_PUSH_H
#define CREEL_EVENT_PUSH_H

#include "base/conf.h"
#include "base/fail.h"

#define PUSH_SERVERS 16
#define PUSH_WAITING 16384	/* channels, for a server */
#define PUSH_PAUSE_MS 100	/* between two times that a server is told */
#define PUSH_AWAY_MS 250	/* until one that is away is asked again: */
#define PUSH_AWAY_MAX_MS 4000	/* twice as long each time, up to this */

struct push;

/* -1 with ERR_CONFIG if push_url is wrong. */
int push_check(const struct conf *, struct err *);

/* Starts the thread; before there are others.  *out is NULL if push_url is
 * empty, and freed with push_stop(), which may be given NULL: it tells once
 * more what waits, the servers that are away excepted.  -1 with ERR_CONFIG or
 * ERR_INTERNAL. */
int push_start(const struct conf *, struct push **out, struct err *);
void push_stop(struct push **);

/*
 * An event was committed.  targets is an array's text of whom it addresses
 * (creel.event.targets); their channels are a device's or a group's
 * id, and the application's for "all" and for tags.  Any thread may call it; it
 * does not wait.
 */
void push_tell(struct push *, const char *application, const char *targets,
    const char *event);

#endif
