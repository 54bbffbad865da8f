/* SPDX-License-Identifier: ISC */
/*
 * Requests that wait for something to happen: a reply to be given, an event to
 * come.  A waiter is held under a key; whoever learns that it happened wakes
 * the key, and a serving thread takes the waiter and looks.  So a request that
 * waits holds no thread, and a word that comes while a thread looks is not
 * lost.
 */
#ifndef CREEL_BASE_WAITQUEUE_H
#define CREEL_BASE_WAITQUEUE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define WAITQUEUE_KEY_SIZE 64	/* "reply 01a2008d-7400-..." */
#define WAITQUEUE_TICK_MS 50	/* period of waitqueue_expire() */
#define WAITQUEUE_EVENTS "events "	/* and an application's id */
#define WAITQUEUE_COMMANDS "commands "	/* the same: of its devices */

struct tenant;
struct waitqueue;

/* The owner's, zeroed, who fills in what comes first.  It belongs to a thread
 * from waitqueue_next() until waitqueue_park() or waitqueue_leave(). */
struct waiter {
	char key[WAITQUEUE_KEY_SIZE];
	void *ctx;
	/* Whether nobody waits for it any more: then it is taken.  Asked about
	 * once a second, while it is held, and must not block.  NULL: never. */
	bool (*gone)(void *ctx);
	/* Milliseconds at least from one waking to the next; a word that comes
	 * earlier takes effect when they are over. */
	int64_t interval;

	/* The module's own. */
	enum { WAITER_NEW, WAITER_HELD, WAITER_READY, WAITER_RUNNING } state;
	struct tenant *tenant;
	int64_t until;
	int64_t earliest;	/* when it may be woken again */
	bool again;		/* woken while a thread looked */
	LIST_ENTRY(waiter) chain;
	TAILQ_ENTRY(waiter) ready;
};

/* At most so many wait at once, and so many of one application. */
struct waitqueue *waitqueue_new(int64_t max, int64_t max_application);
void waitqueue_free(struct waitqueue **);

/* A descriptor that is readable while somebody is to be taken. */
int waitqueue_descriptor(const struct waitqueue *);

/* Takes a place for one who is about to wait: -1 with ERR_RATE when there is
 * none, or none for its application.  waitqueue_leave() gives it back. */
int waitqueue_enter(struct waitqueue *, struct waiter *,
    const char *application, struct err *);
/* Who has a place begins to wait, and is taken once at once: what it waits for
 * may have happened. */
void waitqueue_begin(struct waitqueue *, struct waiter *);
/* The one to look now; NULL if another thread was faster. */
struct waiter *waitqueue_next(struct waitqueue *);
/* It has looked, and goes on waiting, until a moment of clock_ms() at most; it
 * must not be touched any more. */
void waitqueue_park(struct waitqueue *, struct waiter *, int64_t until);
/* It waits no more, or never began to. */
void waitqueue_leave(struct waitqueue *, struct waiter *);

/* Whether anybody waits. */
bool waitqueue_any(const struct waitqueue *);
/* What a key stands for has happened. */
void waitqueue_wake(struct waitqueue *, const char *key);
/* Whether anybody waits under a key that begins so; and wakes those. */
bool waitqueue_any_of(struct waitqueue *, const char *prefix);
void waitqueue_wake_all(struct waitqueue *, const char *prefix);
/* Wakes everybody: the worker ends. */
void waitqueue_stop(struct waitqueue *);
bool waitqueue_stopping(const struct waitqueue *);
/* Wakes those whose time is over or whose owner has gone.  Called every
 * WAITQUEUE_TICK_MS. */
void waitqueue_expire(struct waitqueue *);

#endif
