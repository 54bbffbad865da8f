/* SPDX-License-Identifier: ISC */
/*
 * A request that is held until its answer is there: a call that waits for a
 * reply, a reader that waits for news.
 */
#ifndef CREEL_EVENT_LONGPOLL_H
#define CREEL_EVENT_LONGPOLL_H

#include <stdint.h>

#include "http/http.h"

/*
 * Looks whether the answer is there, on a serving thread (req->db is its own).
 * 1: req->resp is filled; 0: not yet; -1 and err.  late: the time is over, and
 * 0 is not taken for an answer.
 */
typedef int look_fn(struct req *, void *ctx, bool late, struct err *);

struct longpoll;

/* What the end of the worker means: a reader comes again, a caller that waits
 * for a reply is held as long as the worker may take. */
enum longpoll_patience { LONGPOLL_READER, LONGPOLL_CALLER };

/* Takes a place among those who wait, as req->longpoll: -1 with ERR_RATE when
 * `waiting` do already, or `waiting_application` of the same application.  Then
 * longpoll_begin() or longpoll_cancel() must follow. */
int longpoll_reserve(struct req *, struct err *);
void longpoll_cancel(struct req *);
/*
 * Looks at once, whenever key is woken, and every again_ms milliseconds, in
 * case a word was lost, for `seconds` at most; then finishes the request.  It
 * is finished with ERR_LEFT, a second later at most, when its caller leaves.  A
 * reader is woken ten times a second at most, and the first time at once.
 * Nobody else may touch the request any more.
 */
void longpoll_begin(struct req *, enum longpoll_patience, const char *key,
    int64_t seconds, int64_t again_ms, look_fn *, void *ctx);

#endif
