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
struct batch;
struct cache;
struct fcgi;
struct push;
struct rate;
struct waits;

/* What requests are served with; borrowed until fcgi_free(). */
struct fcgi_parts {
	const struct conf *conf;
	const struct auth *auth;
	struct cache *cache;	/* NULL: none is kept */
	struct batch *batch;
	struct waits *waits;	/* NULL: nobody is held */
	struct rate *rate;	/* NULL: nothing is limited */
	struct push *push;	/* NULL: no devices are told */
	int listener;		/* a listening socket, not closed here */
};

/*
 * Starts serving.  Signals must be blocked: the threads inherit that (a signal
 * would cut a body or an answer).
 */
int fcgi_start(const struct fcgi_parts *, struct fcgi **out, struct err *);

/* Cuts connections that are over their time; called about once a second. */
void fcgi_sweep(struct fcgi *);

/* Takes no new connection, finishes the requests in hand (stop_timeout
 * seconds at most) and ends the threads.  Then nobody hands events to the
 * batch any more: it is stopped next, and fcgi_free() called after that. */
void fcgi_drain(struct fcgi *);
void fcgi_free(struct fcgi **);

#endif
