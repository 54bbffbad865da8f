/* SPDX-License-Identifier: ISC */
/* Replies: what a reader answers a call with that waits for it
 * (wire/losant 1.7). */
#ifndef CREEL_EVENT_REPLY_H
#define CREEL_EVENT_REPLY_H

#include "event/longpoll.h"
#include "http/route.h"

extern const struct route reply_routes[];

/* Waits, after the event of the request was committed, until there is a reply
 * to it, and gives that; ERR_TIMEOUT after a minute.  longpoll_reserve() came
 * first. */
void reply_await(struct req *);

#endif
