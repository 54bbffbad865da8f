/* SPDX-License-Identifier: ISC */
/*
 * Long polling: a request waits for its response, as a call does for a reply
 * and a reader for new events.
 */
#ifndef CREEL_EVENT_LONGPOLL_H
#define CREEL_EVENT_LONGPOLL_H

#include <stdint.h>

#include "http/http.h"

/*
 * Queries for the response, on a serving thread (req->db is its own).  Returns
 * 1 if req->resp is filled, 0 if there is no response yet, -1 and err on
 * failure.  If late is true the wait has ended, and 0 is not allowed.
 */
typedef int poll_fn(struct req *, void *ctx, bool late, struct err *);

struct longpoll;

/* When the worker stops, a reader gets its response at once and sends another
 * request; a caller that waits for a reply waits as long as the worker may
 * run. */
enum longpoll_patience { LONGPOLL_READER, LONGPOLL_CALLER };

/* Reserves a place in the wait queue, as req->longpoll.  -1 with ERR_RATE if
 * `waiting` requests wait already, or `waiting_application` of the same
 * application.  longpoll_begin() or longpoll_cancel() must follow. */
int longpoll_reserve(struct req *, struct err *);
void longpoll_cancel(struct req *);
/*
 * Polls at once, whenever key is woken, and every poll_ms milliseconds in case
 * a notification was lost, until there is a response, for `seconds` at most.
 * Then completes the request.  If the client closes the connection, the request
 * is completed with ERR_LEFT within a second.  A reader is woken at most ten
 * times a second, the first time without delay.  The caller must not use the
 * request any more.
 */
void longpoll_begin(struct req *, enum longpoll_patience, const char *key,
    int64_t seconds, int64_t poll_ms, poll_fn *, void *ctx);

#endif
