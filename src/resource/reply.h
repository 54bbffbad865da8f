/* Replies: what a reader answers a call with that waits for it (WIRE 1.7). */
#ifndef CREEL_RESOURCE_REPLY_H
#define CREEL_RESOURCE_REPLY_H

#include "http/route.h"
#include "resource/hold.h"

extern const struct route reply_routes[];

/* Waits, after the event of the request was committed, until there is a reply
 * to it, and gives that; ERR_TIMEOUT after a minute.  hold_reserve() came
 * first. */
void reply_await(struct req *);

#endif
