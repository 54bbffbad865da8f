/* Events: the log.  One row for each call that was accepted. */
#ifndef CREEL_RESOURCE_EVENT_H
#define CREEL_RESOURCE_EVENT_H

#include "http/route.h"

/*
 * Stores the request as an event of req->hook and sets resp->stored; after a
 * return of 0 it is committed.  ERR_UNAVAILABLE, ERR_UNCERTAIN.
 */
enum event_status { EVENT_PENDING, EVENT_SUCCESS, EVENT_FAILED };
int event_store(struct req *, struct resp *, enum event_status, struct err *);

extern const struct route event_routes[];

#endif
