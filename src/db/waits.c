#include <sys/eventfd.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mem.h"
#include "db/waits.h"

#define BUCKETS 1024

LIST_HEAD(bucket, waiter);

struct waits {
	int64_t max;
	int event;		/* eventfd, counts those that are ready */
	pthread_mutex_t lock;	/* guards what follows */
	_Atomic int64_t n;	/* read without it, too, */
	atomic_bool stopping;	/* as is this */
	TAILQ_HEAD(, waiter) ready;
	struct bucket buckets[BUCKETS];	/* of all who wait, by key */
};

struct waits *
waits_new(int64_t max)
{
	struct waits *w = mem_alloc(sizeof(*w));

	w->max = max;
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	pthread_mutex_init(&w->lock, NULL);
	TAILQ_INIT(&w->ready);
	return w;
}

void
waits_free(struct waits **waits)
{
	struct waits *w = *waits;

	if (w == NULL)
		return;
	if (w->event >= 0)
		close(w->event);
	pthread_mutex_destroy(&w->lock);
	free(w);
	*waits = NULL;
}

int
waits_descriptor(const struct waits *w)
{
	return w->event;
}

/* FNV-1a: keys are ids, of which callers choose none. */
static struct bucket *
bucket_of(struct waits *w, const char *key)
{
	uint32_t hash = UINT32_C(0x811c9dc5);

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * UINT32_C(0x01000193);
	return &w->buckets[hash % BUCKETS];
}

/* Lets a thread take it; the lock is held. */
static void
make_ready(struct waits *w, struct waiter *waiter)
{
	const uint64_t one = 1;

	waiter->state = WAITER_READY;
	waiter->again = false;
	TAILQ_INSERT_TAIL(&w->ready, waiter, ready);
	if (write(w->event, &one, sizeof(one)) < 0)
		log_error("eventfd: a waiter is taken late");
}

/* The lock is held. */
static void
wake(struct waits *w, struct waiter *waiter)
{
	if (waiter->state == WAITER_HELD)
		make_ready(w, waiter);
	else if (waiter->state == WAITER_RUNNING)
		waiter->again = true;
}

int
waits_enter(struct waits *w, struct err *err)
{
	bool full;

	pthread_mutex_lock(&w->lock);
	full = w->n >= w->max;
	w->n += !full;
	pthread_mutex_unlock(&w->lock);
	return full ? err_set(err, ERR_RATE,
	    "too many calls wait already (waiting)") : 0;
}

void
waits_begin(struct waits *w, struct waiter *waiter)
{
	waiter->until = INT64_MAX;
	pthread_mutex_lock(&w->lock);
	LIST_INSERT_HEAD(bucket_of(w, waiter->key), waiter, chain);
	make_ready(w, waiter);
	pthread_mutex_unlock(&w->lock);
}

struct waiter *
waits_next(struct waits *w)
{
	struct waiter *waiter;
	uint64_t one;

	if (read(w->event, &one, sizeof(one)) < 0)
		return NULL;
	pthread_mutex_lock(&w->lock);
	if ((waiter = TAILQ_FIRST(&w->ready)) != NULL) {
		TAILQ_REMOVE(&w->ready, waiter, ready);
		waiter->state = WAITER_RUNNING;
		waiter->until = INT64_MAX;
	}
	pthread_mutex_unlock(&w->lock);
	return waiter;
}

void
waits_hold(struct waits *w, struct waiter *waiter, int64_t until)
{
	pthread_mutex_lock(&w->lock);
	waiter->until = until;
	if (waiter->again)
		make_ready(w, waiter);
	else
		waiter->state = WAITER_HELD;
	pthread_mutex_unlock(&w->lock);
}

void
waits_leave(struct waits *w, struct waiter *waiter)
{
	pthread_mutex_lock(&w->lock);
	if (waiter != NULL)
		LIST_REMOVE(waiter, chain);
	w->n--;
	pthread_mutex_unlock(&w->lock);
}

bool
waits_any(const struct waits *w)
{
	return atomic_load_explicit(&w->n, memory_order_relaxed) > 0;
}

void
waits_wake(struct waits *w, const char *key)
{
	struct waiter *waiter;

	pthread_mutex_lock(&w->lock);
	LIST_FOREACH(waiter, bucket_of(w, key), chain)
		if (strcmp(waiter->key, key) == 0)
			wake(w, waiter);
	pthread_mutex_unlock(&w->lock);
}

void
waits_stop(struct waits *w)
{
	struct waiter *waiter;
	size_t i;

	atomic_store(&w->stopping, true);
	pthread_mutex_lock(&w->lock);
	for (i = 0; i < BUCKETS; i++)
		LIST_FOREACH(waiter, &w->buckets[i], chain)
			wake(w, waiter);
	pthread_mutex_unlock(&w->lock);
}

bool
waits_stopping(const struct waits *w)
{
	return atomic_load(&w->stopping);
}

void
waits_expire(struct waits *w)
{
	int64_t now = clock_ms();
	struct waiter *waiter;
	size_t i;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < BUCKETS && w->n > 0; i++)
		LIST_FOREACH(waiter, &w->buckets[i], chain)
			if (waiter->until <= now)
				wake(w, waiter);
	pthread_mutex_unlock(&w->lock);
}
