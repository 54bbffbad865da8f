/* SPDX-License-Identifier: ISC */
/*
 * FastCGI: a few threads serve many connections.  One epoll set holds the
 * listening socket and, one-shot, every connection that waits for its web
 * server: to send a request or the rest of one, or to take the rest of a
 * response.  A thread continues with a ready one until it must wait again.
 */
#ifndef CREEL_CREEL_FCGI_H
#define CREEL_CREEL_FCGI_H

#include "base/fail.h"

struct fcgi;
struct services;

/*
 * Starts serving requests of a listening socket with these services; both are
 * borrowed until fcgi_free().  Signals must be blocked: the threads inherit the
 * mask.
 */
int fcgi_start(const struct services *, int listener, struct fcgi **out,
    struct err *);

/* Closes connections that have timed out; called every WAITQUEUE_TICK_MS. */
void fcgi_sweep(struct fcgi *);

/* Stops accepting connections, finishes requests in progress (for at most
 * stop_timeout seconds) and ends the threads.  After that no thread adds events
 * to the batch: stop the batch next, then call fcgi_free(). */
void fcgi_drain(struct fcgi *);
void fcgi_free(struct fcgi **);

#endif
