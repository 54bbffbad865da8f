/* SPDX-License-Identifier: ISC */
/* Turns: shares of the serving threads, and queues of those who wait. */
#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/hashmap.h"
#include "base/mem.h"
#include "creel/turn.h"

TAILQ_HEAD(turn_queue, turn);

/* Exists while it has turns. */
struct turn_owner {
	struct hashmap_entry entry;
	int64_t running;
	struct turn_queue queue;
	TAILQ_ENTRY(turn_owner) waiting;	/* unless the queue is empty */
};

struct turns {
	int64_t threads;
	turn_ready_fn *ready;
	pthread_mutex_t lock;		/* guards what follows */
	int64_t running;
	TAILQ_HEAD(, turn_owner) waiting;
	struct hashmap owners;		/* with turns */
};

struct turns *
turns_new(int64_t threads, turn_ready_fn *ready)
{
	struct turns *t = mem_alloc(sizeof(*t));

	t->threads = threads;
	t->ready = ready;
	pthread_mutex_init(&t->lock, NULL);
	TAILQ_INIT(&t->waiting);
	return t;
}

void
turns_free(struct turns **turns)
{
	struct turns *t = *turns;

	if (t == NULL)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
	*turns = NULL;
}

static void
owner_release(struct turn_owner *o)
{
	if (o->running == 0 && TAILQ_EMPTY(&o->queue))
		hashmap_delete(&o->entry);
}

/* A dynamic threshold (Choudhury and Hahne, 1998). */
static bool
may_run(const struct turns *t, const struct turn_owner *o)
{
	return o->running < t->threads - t->running;
}

static void
give(struct turns *t, struct turn *turn)
{
	turn->state = TURN_GIVEN;
	turn->owner->running++;
	t->running++;
}

bool
turn_begin(struct turns *t, struct turn *turn, const char *owner)
{
	struct turn_owner *o;
	bool created, given;

	pthread_mutex_lock(&t->lock);
	turn->owner = o = hashmap_get(&t->owners, owner, sizeof(*o), &created);
	if (created)
		TAILQ_INIT(&o->queue);
	given = TAILQ_EMPTY(&o->queue) && may_run(t, o);
	if (given) {
		give(t, turn);
	} else {
		if (TAILQ_EMPTY(&o->queue))
			TAILQ_INSERT_TAIL(&t->waiting, o, waiting);
		turn->state = TURN_QUEUED;
		TAILQ_INSERT_TAIL(&o->queue, turn, queue);
	}
	pthread_mutex_unlock(&t->lock);
	return given;
}

static void
dequeue(struct turns *t, struct turn *turn)
{
	struct turn_owner *o = turn->owner;

	TAILQ_REMOVE(&o->queue, turn, queue);
	if (TAILQ_EMPTY(&o->queue))
		TAILQ_REMOVE(&t->waiting, o, waiting);
}

/* Returns the next queued turn that may run, or NULL. */
static struct turn *
next(struct turns *t)
{
	struct turn_owner *o;
	struct turn *turn;

	if (t->running == t->threads)
		return NULL;
	/* Owners that are passed over have threads: they are few. */
	TAILQ_FOREACH(o, &t->waiting, waiting)
		if (may_run(t, o))
			break;
	if (o == NULL)
		return NULL;
	turn = TAILQ_FIRST(&o->queue);
	dequeue(t, turn);
	if (!TAILQ_EMPTY(&o->queue)) {
		TAILQ_REMOVE(&t->waiting, o, waiting);
		TAILQ_INSERT_TAIL(&t->waiting, o, waiting);
	}
	give(t, turn);
	return turn;
}

void
turn_detach(struct turn *turn, struct turn *out)
{
	*out = (struct turn){ .state = turn->state, .owner = turn->owner };
	turn->state = TURN_NONE;
}

void
turn_end(struct turns *t, struct turn *turn)
{
	struct turn_queue ready = TAILQ_HEAD_INITIALIZER(ready);
	struct turn *r;

	if (turn->state == TURN_NONE)
		return;
	pthread_mutex_lock(&t->lock);
	if (turn->state == TURN_QUEUED) {
		dequeue(t, turn);
	} else {
		turn->owner->running--;
		t->running--;
	}
	owner_release(turn->owner);
	turn->state = TURN_NONE;
	while ((r = next(t)) != NULL)
		TAILQ_INSERT_TAIL(&ready, r, queue);
	pthread_mutex_unlock(&t->lock);
	while ((r = TAILQ_FIRST(&ready)) != NULL) {
		TAILQ_REMOVE(&ready, r, queue);
		t->ready(r);
	}
}
