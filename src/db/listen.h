/* SPDX-License-Identifier: ISC */
/*
 * A thread that hears, on a connection of its own, what changes in the
 * database: it wakes who waits for a reply, and drops rows from the cache.
 * While readers wait for events it asks twice a second for what others have
 * committed, and wakes those whom it concerns: one question for all of them.
 * Whenever it has connected it clears the cache: what changed while it was away
 * it cannot know.  Until then a row is believed for the cache's ttl.
 */
#ifndef CREEL_DB_LISTEN_H
#define CREEL_DB_LISTEN_H

#include "base/conf.h"
#include "base/fail.h"
#include "base/waitqueue.h"
#include "db/cache.h"

struct listener;

/* conf, cache (NULL: none is kept) and waits are borrowed until listen_stop().
 * Signals must be blocked. */
int listen_start(const struct conf *, struct cache *, struct waitqueue *,
    struct listener **out, struct err *);
void listen_stop(struct listener **);

#endif
