/* SPDX-License-Identifier: ISC */
/*
 * FastCGI: a few threads serve many connections.  One epoll set holds the
 * listening socket and every connection that waits for a request, one-shot; a
 * thread serves one that is ready, and parks it again if the web server keeps
 * it.  The only module that uses libfcgi.
 */
#ifndef CREEL_CREEL_FCGI_H
#define CREEL_CREEL_FCGI_H

#include "base/fail.h"

struct fcgi;
struct services;

/*
 * Starts serving requests of a listening socket with these services; both are
 * borrowed until fcgi_free().  Signals must be blocked: the threads inherit
 * the mask, and a signal would truncate a body or a response.
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
