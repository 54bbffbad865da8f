/* SPDX-License-Identifier: ISC */
/*
 * Turns: shares of the serving threads.  What an owner may use shrinks with the
 * threads that are left: one alone has half of them.  So one application with
 * long queries, or many, leaves threads to others.  Its other requests wait in
 * a queue of their own, and owners take turns.
 */
#ifndef CREEL_CREEL_TURN_H
#define CREEL_CREEL_TURN_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

struct turn_owner;
struct turns;

/* Of a request; zeroed at first. */
struct turn {
	enum { TURN_NONE, TURN_QUEUED, TURN_GIVEN } state;
	struct turn_owner *owner;
	TAILQ_ENTRY(turn) queue;
};

/* Implemented by the owner of the turn: a turn that was queued has a thread.
 * Called without a lock, on any thread. */
typedef void turn_ready_fn(struct turn *);

struct turns *turns_new(int64_t threads, turn_ready_fn *ready);
/* All turns have ended. */
void turns_free(struct turns **);

/* Begins a turn of the owner of this name.  Returns false if it has to wait for
 * ready(): then the turn may have another thread already. */
bool turn_begin(struct turns *, struct turn *, const char *owner);
/* Separates the turn from its request, which may end before the turn does;
 * *out is for turn_end(). */
void turn_detach(struct turn *, struct turn *out);
/* Ends a turn, or its wait.  Does nothing if there is none. */
void turn_end(struct turns *, struct turn *);

#endif
