/* SPDX-License-Identifier: ISC */
/*
 * Requests that wait for a reply, an event or a commit.  A waiter is parked
 * under a key.  The module that learns of the reply wakes the key, and a
 * serving thread takes the waiter and queries again.  So a waiting request
 * occupies no thread, and a wake-up that comes while a thread runs the waiter
 * is not lost.
 */
#ifndef CREEL_BASE_WAITQUEUE_H
#define CREEL_BASE_WAITQUEUE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define WAITQUEUE_KEY_SIZE 64	/* "reply 01a2008d-7400-..." */
#define WAITQUEUE_TICK_MS 50	/* period of waitqueue_expire() */
#define WAITQUEUE_EVENTS "events "	/* and an application's ID */
#define WAITQUEUE_COMMANDS "commands "	/* likewise, for its devices */

struct tenant;
struct waitqueue;

/* Zeroed by the owner, which sets the members up to interval.  It belongs to
 * one thread from waitqueue_next() until waitqueue_park() or
 * waitqueue_leave(). */
struct waiter {
	char key[WAITQUEUE_KEY_SIZE];
	void *ctx;
	/* Returns whether the client has gone: then the waiter becomes ready.
	 * Called about once a second while it is parked; must not block.
	 * NULL: never gone. */
	bool (*gone)(void *ctx);
	/* Minimum milliseconds between two wake-ups; an earlier one is delayed
	 * until they are over. */
	int64_t interval;

	/* Private to waitqueue.c. */
	enum { WAITER_NEW, WAITER_PARKED, WAITER_READY, WAITER_RUNNING } state;
	struct tenant *tenant;
	int64_t until;
	int64_t earliest;	/* when it may be woken again */
	bool again;		/* woken while a thread ran it */
	LIST_ENTRY(waiter) chain;
	TAILQ_ENTRY(waiter) ready;
};

/* max limits the waiters of all applications, max_application of each. */
struct waitqueue *waitqueue_new(int64_t max, int64_t max_application);
void waitqueue_free(struct waitqueue **);

/* Returns a descriptor that is readable while a waiter is ready. */
int waitqueue_descriptor(const struct waitqueue *);

/* Reserves a place.  Returns -1 with ERR_RATE if the limit, or that of the
 * application, is reached.  waitqueue_leave() releases the place. */
int waitqueue_enter(struct waitqueue *, struct waiter *,
    const char *application, struct err *);
/* Begins to wait in the reserved place.  The waiter is ready at once, because
 * the event may have happened already. */
void waitqueue_begin(struct waitqueue *, struct waiter *);
/* Returns a ready waiter; NULL if another thread was faster. */
struct waiter *waitqueue_next(struct waitqueue *);
/* Lets the waiter wait again until it is woken or clock_ms() reaches until.
 * The caller must not use it any more. */
void waitqueue_park(struct waitqueue *, struct waiter *, int64_t until);
/* Removes a waiter, or releases its place if it never began to wait. */
void waitqueue_leave(struct waitqueue *, struct waiter *);

/* Returns whether there is any waiter. */
bool waitqueue_any(const struct waitqueue *);
/* Wakes the waiters under a key. */
void waitqueue_wake(struct waitqueue *, const char *key);
/* Calls fn for the keys of waiters that begin with prefix, each at least once.
 * It must not call the wait queue. */
void waitqueue_keys(struct waitqueue *, const char *prefix,
    void (*fn)(const char *key, void *ctx), void *ctx);
/* Wakes the waiters under all keys with this prefix. */
void waitqueue_wake_all(struct waitqueue *, const char *prefix);
/* Wakes all waiters, because the worker ends. */
void waitqueue_stop(struct waitqueue *);
bool waitqueue_stopping(const struct waitqueue *);
/* Wakes waiters that have timed out or lost their client.  Called every
 * WAITQUEUE_TICK_MS. */
void waitqueue_expire(struct waitqueue *);

#endif
