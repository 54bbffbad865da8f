/* Events: the log.  One row for each call that was accepted. */
#ifndef CREEL_RESOURCE_EVENT_H
#define CREEL_RESOURCE_EVENT_H

#include "http/route.h"

enum event_status { EVENT_PENDING, EVENT_SUCCESS, EVENT_FAILED };

/*
 * Stores the request as an event of req->hook: the last thing that its handler
 * does.  Returns HTTP_LATER, and the request is answered once the event is
 * committed (or with ERR_UNAVAILABLE, ERR_UNCERTAIN when that fails); or -1
 * with ERR_UNAVAILABLE when too much waits already, ERR_BAD_REQUEST for a
 * sender's key that is too long.  Calls with the same key on the same hook
 * are one event.
 */
int event_store(struct req *, enum event_status, struct err *);

extern const struct route event_routes[];

#endif
