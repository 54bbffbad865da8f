/* SPDX-License-Identifier: ISC */
/*
 * A thread that receives notifications of changes on a database connection of
 * its own: it wakes requests that wait for a reply and drops rows from the
 * cache.  While readers wait for events, it queries twice a second for newly
 * committed ones, once for all readers, and wakes the readers concerned.  It
 * loads the known addresses (known.h) and adds new ones, and once a second it
 * reports what the calls have used (usage_report.h).  After each connect it
 * clears the cache and loads all quotas, because earlier notifications may have
 * been lost.  While it is not connected, cached rows last for the cache's ttl.
 */
#ifndef CREEL_DB_LISTEN_H
#define CREEL_DB_LISTEN_H

#include "base/conf.h"
#include "base/fail.h"
#include "base/waitqueue.h"
#include "db/cache.h"
#include "db/usage.h"

struct listener;

/* conf, cache (NULL: no cache), wait queue and counts are borrowed until
 * listen_stop().  Signals must be blocked. */
int listen_start(const struct conf *, struct cache *, struct waitqueue *,
    struct usage *, struct listener **out, struct err *);
void listen_stop(struct listener **);

#endif
