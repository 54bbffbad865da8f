/* SPDX-License-Identifier: ISC */
/* Replies: responses that a reader sends to a call that waits for one
 * (wire/losant 1.7). */
#ifndef CREEL_EVENT_REPLY_H
#define CREEL_EVENT_REPLY_H

#include "event/longpoll.h"
#include "http/route.h"

extern const struct route reply_routes[];

/* Waits for a reply and completes the request with it, or with ERR_TIMEOUT
 * after a minute.  Called after the request's event was committed; requires
 * longpoll_reserve(). */
void reply_await(struct req *);

#endif
