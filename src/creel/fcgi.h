/*
 * FastCGI: a few threads serve many connections.  One epoll set holds the
 * listening socket and every connection that waits for a request, one-shot; a
 * thread takes a ready one, serves it, and parks it again if the web server
 * keeps it.  The only user of libfcgi.
 */
#ifndef CREEL_CREEL_FCGI_H
#define CREEL_CREEL_FCGI_H

#include "base/conf.h"
#include "base/fail.h"

struct auth;
struct cache;
struct fcgi;

/*
 * Starts serving the listening socket fd, which the caller keeps and closes.
 * Signals must be blocked: the threads inherit that (a signal would cut a body
 * or an answer).  conf, auth and cache are borrowed until fcgi_stop().
 */
int fcgi_start(const struct conf *, const struct auth *, struct cache *,
    int fd, struct fcgi **out, struct err *);

/* Cuts connections that are over their time; called about once a second. */
void fcgi_sweep(struct fcgi *);

/* Takes no new connection, finishes the requests in hand (stop_timeout
 * seconds at most), ends the threads and frees everything. */
void fcgi_stop(struct fcgi **);

#endif
