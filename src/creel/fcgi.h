/* SPDX-License-Identifier: ISC */
/*
 * FastCGI: a few threads serve many connections.  One epoll set holds the
 * listening socket and every connection that waits for a request, one-shot; a
 * thread takes a ready one, serves it, and parks it again if the web server
 * keeps it.  The only user of libfcgi.
 */
#ifndef CREEL_CREEL_FCGI_H
#define CREEL_CREEL_FCGI_H

#include "base/fail.h"

struct fcgi;
struct services;

/*
 * Starts serving requests of a listening socket with these services; both are
 * borrowed until fcgi_free().  Signals must be blocked: the threads inherit
 * the mask, and a signal would cut a body or a response.
 */
int fcgi_start(const struct services *, int listener, struct fcgi **out,
    struct err *);

/* Cuts connections that are over their time; called about once a second. */
void fcgi_sweep(struct fcgi *);

/* Takes no new connection, finishes the requests in hand (stop_timeout
 * seconds at most) and ends the threads.  Then nobody hands events to the
 * batch any more: it is stopped next, and fcgi_free() called after that. */
void fcgi_drain(struct fcgi *);
void fcgi_free(struct fcgi **);

#endif
