/*
 * Requests that wait for something to happen: a reply to be given, an event to
 * come.  A waiter is held under a key; whoever learns that it happened wakes
 * the key, and a serving thread takes the waiter and looks.  So a request that
 * waits holds no thread, and a word that comes while a thread looks is not
 * lost.
 */
#ifndef CREEL_DB_WAITS_H
#define CREEL_DB_WAITS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define WAITS_KEY_SIZE 64	/* "reply 01a2008d-7400-..." */
#define WAITS_TICK_MS 50	/* from waits_expire() to waits_expire() */
#define WAITS_EVENTS "events "	/* and an application's id */
#define WAITS_COMMANDS "commands "	/* the same: of its devices */

struct tenant;
struct waits;

/* The owner's, zeroed, who fills in what comes first.  It belongs to a thread
 * from waits_next() until waits_hold() or waits_leave(). */
struct waiter {
	char key[WAITS_KEY_SIZE];
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
struct waits *waits_new(int64_t max, int64_t max_application);
void waits_free(struct waits **);

/* A descriptor that is readable while somebody is to be taken. */
int waits_descriptor(const struct waits *);

/* Takes a place for one who is about to wait: -1 with ERR_RATE when there is
 * none, or none for its application.  waits_leave() gives it back. */
int waits_enter(struct waits *, struct waiter *, const char *application,
    struct err *);
/* Who has a place begins to wait, and is taken once at once: what it waits for
 * may have happened. */
void waits_begin(struct waits *, struct waiter *);
/* The one to look now; NULL if another thread was faster. */
struct waiter *waits_next(struct waits *);
/* It has looked, and goes on waiting, until a moment of clock_ms() at most; it
 * must not be touched any more. */
void waits_hold(struct waits *, struct waiter *, int64_t until);
/* It waits no more, or never began to. */
void waits_leave(struct waits *, struct waiter *);

/* Whether anybody waits. */
bool waits_any(const struct waits *);
/* What a key stands for has happened. */
void waits_wake(struct waits *, const char *key);
/* Whether anybody waits under a key that begins so; and wakes those. */
bool waits_any_of(struct waits *, const char *prefix);
void waits_wake_all(struct waits *, const char *prefix);
/* Wakes everybody: the worker ends. */
void waits_stop(struct waits *);
bool waits_stopping(const struct waits *);
/* Wakes those whose time is over or whose owner has gone.  Called every
 * WAITS_TICK_MS. */
void waits_expire(struct waits *);

#endif
