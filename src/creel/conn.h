/* SPDX-License-Identifier: ISC */
/*
 * A connection from the web server, with its request in progress.  It belongs
 * to one thread at a time, and never blocks one: while it waits for its web
 * server it is parked, and while its request waits for a commit or for news it
 * belongs to that module.
 */
#ifndef CREEL_CREEL_CONN_H
#define CREEL_CREEL_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/share.h"
#include "creel/outgoing.h"
#include "creel/record.h"
#include "creel/turn.h"
#include "http/http.h"

struct conn;

enum conn_state {
	CONN_IDLE,	/* no byte of a request has arrived */
	CONN_PARAMS,	/* its variables are arriving */
	CONN_BODY,	/* its body is arriving */
	CONN_TURN,	/* its request waits for a thread */
	CONN_BUSY,	/* it belongs to dispatch() and the modules below */
	CONN_DRAIN,	/* the response is ready, the body has not ended */
	CONN_SEND,	/* the response is being sent */
	CONN_LINGER	/* it was sent; the web server must close first */
};

/* The server's part: shared by its connections. */
struct conn_host {
	const struct services *services;
	atomic_bool stopping;		/* connections are not kept */
	struct shares *buffered;	/* see buffer_bytes */
	struct turns *turns;		/* for conn_turn_ready() */
	/* The connection waits until it can be read, or written.  Afterwards it
	 * may belong to another thread. */
	void (*park)(struct conn *, bool write);
	/* Closes and releases it. */
	void (*close)(struct conn *);
};

struct conn {
	struct conn_host *host;
	enum conn_state state;
	int64_t deadline;	/* of clock_ms(), while it is parked */
	bool late;		/* the deadline has passed */
	bool refused;		/* every request gets 503 */

	int64_t since;		/* the request or the response began */
	struct record_reader reader;
	uint16_t id;		/* of the request */
	struct buf params;	/* the request's variables */
	const struct record_input *input; /* not read yet, during dispatch() */
	struct buf rest;	/* the same during dispatch_body() */
	bool ended;		/* the body was read to its end */
	bool broken;		/* the rest of the input is not read */
	size_t discarded;	/* bytes */
	struct share buffered;	/* of the host's */
	struct turn turn;	/* of the host's */
	void (*run)(struct req *);	/* in its turn */
	const char *owner;	/* of the request, in the arena; NULL: not
				 * known yet */
	struct arena arena;
	struct req req;
	struct outgoing out;	/* the response, and the descriptor */

	/* For the server, which guards them with its lock. */
	bool parked;
	bool registered;	/* in the epoll set */
	struct conn *next;
	struct conn **back;	/* the pointer to this one */
};

/* Initializes zeroed memory for an accepted descriptor. */
void conn_init(struct conn *, struct conn_host *, int fd, bool refused);
/* Releases what it holds, but not the descriptor. */
void conn_release(struct conn *);

/* Continues when the connection is readable or writable, or late.  The caller
 * owns it no more afterwards. */
void conn_continue(struct conn *, struct pg *db);

/* Continues a request that a module below has woken: calls its on_wake, when
 * its owner has a thread.  The caller owns the connection no more. */
void conn_wake(struct req *, struct pg *db);
/* Implements turn_ready_fn. */
turn_ready_fn conn_turn_ready;
/* Ends a request that waits for a thread after all threads have ended. */
void conn_abort(struct conn *);

#endif
