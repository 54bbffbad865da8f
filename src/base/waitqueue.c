/* SPDX-License-Identifier: ISC */
/* Wait queue: requests that wait for a reply, news or a commit, and the
 * functions that wake them. */
#include <sys/eventfd.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hashmap.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/waitqueue.h"

#define BUCKETS 1024
#define LAP (1000 / WAITQUEUE_TICK_MS)	/* ticks to call each gone() once */

/* An application with waiting requests. */
struct tenant {
	struct hashmap_entry entry;
	int64_t n;
};

LIST_HEAD(bucket, waiter);

struct waitqueue {
	int64_t max;
	int64_t max_application;
	int event;		/* eventfd, counts ready waiters */
	pthread_mutex_t lock;	/* guards what follows */
	_Atomic int64_t n;	/* also read without the lock, */
	atomic_bool stopping;	/* as is this */
	TAILQ_HEAD(, waiter) ready;
	struct bucket buckets[BUCKETS];	/* of all waiters, by key */
	struct hashmap tenants;
	size_t tick;
};

struct waitqueue *
waitqueue_new(int64_t max, int64_t max_application)
{
	struct waitqueue *w = mem_alloc(sizeof(*w));

	w->max = max;
	w->max_application = max_application;
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	pthread_mutex_init(&w->lock, NULL);
	TAILQ_INIT(&w->ready);
	return w;
}

void
waitqueue_free(struct waitqueue **waitqueue)
{
	struct waitqueue *w = *waitqueue;

	if (w == NULL)
		return;
	if (w->event >= 0)
		close(w->event);
	pthread_mutex_destroy(&w->lock);
	free(w);
	*waitqueue = NULL;
}

int
waitqueue_descriptor(const struct waitqueue *w)
{
	return w->event;
}

/* FNV-1a is enough: keys are IDs, and clients cannot choose them. */
static size_t
bucket_of(const char *key)
{
	uint32_t hash = UINT32_C(0x811c9dc5);

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * UINT32_C(0x01000193);
	return hash % BUCKETS;
}

/* Lets waitqueue_next() return the waiter.  The lock is held. */
static void
make_ready(struct waitqueue *w, struct waiter *waiter)
{
	const uint64_t one = 1;

	waiter->state = WAITER_READY;
	waiter->again = false;
	TAILQ_INSERT_TAIL(&w->ready, waiter, ready);
	if (write(w->event, &one, sizeof(one)) < 0)
		log_error("eventfd: waiter delayed");
}

/* The lock is held. */
static void
wake(struct waitqueue *w, struct waiter *waiter, int64_t now)
{
	if (waiter->state == WAITER_RUNNING) {
		waiter->again = true;
	} else if (waiter->state == WAITER_PARKED && now >= waiter->earliest) {
		waiter->earliest = now + waiter->interval;
		make_ready(w, waiter);
	} else if (waiter->state == WAITER_PARKED &&
	    waiter->until > waiter->earliest) {
		/* Several early wake-ups become a single delayed one. */
		waiter->until = waiter->earliest;
		waiter->earliest += waiter->interval;
	}
}

/* The lock is held. */
static void
tenant_count(struct waitqueue *w, struct tenant *tenant, int64_t more)
{
	w->n += more;
	metrics_set(METRIC_HELD, w->n);
	tenant->n += more;
	if (tenant->n > 0)
		return;
	hashmap_delete(&tenant->entry);
}

int
waitqueue_enter(struct waitqueue *w, struct waiter *waiter,
    const char *application, struct err *err)
{
	const char *full = NULL;
	bool created;

	pthread_mutex_lock(&w->lock);
	waiter->tenant = hashmap_get(&w->tenants, application,
	    sizeof(*waiter->tenant), &created);
	if (w->n >= w->max)
		full = "too many waiting requests (waiting)";
	else if (waiter->tenant->n >= w->max_application)
		full = "too many waiting requests for the application "
		    "(waiting_application)";
	tenant_count(w, waiter->tenant, full == NULL ? 1 : 0);
	pthread_mutex_unlock(&w->lock);
	return full == NULL ? 0 : err_set(err, ERR_RATE, "%s", full);
}

void
waitqueue_begin(struct waitqueue *w, struct waiter *waiter)
{
	waiter->until = INT64_MAX;
	pthread_mutex_lock(&w->lock);
	LIST_INSERT_HEAD(&w->buckets[bucket_of(waiter->key)], waiter, chain);
	make_ready(w, waiter);
	pthread_mutex_unlock(&w->lock);
}

struct waiter *
waitqueue_next(struct waitqueue *w)
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
waitqueue_park(struct waitqueue *w, struct waiter *waiter, int64_t until)
{
	pthread_mutex_lock(&w->lock);
	waiter->until = until;
	waiter->state = WAITER_PARKED;
	if (waiter->again)
		wake(w, waiter, clock_ms());
	waiter->again = false;
	pthread_mutex_unlock(&w->lock);
}

void
waitqueue_leave(struct waitqueue *w, struct waiter *waiter)
{
	pthread_mutex_lock(&w->lock);
	if (waiter->state != WAITER_NEW)
		LIST_REMOVE(waiter, chain);
	tenant_count(w, waiter->tenant, -1);
	pthread_mutex_unlock(&w->lock);
}

bool
waitqueue_any(const struct waitqueue *w)
{
	return atomic_load_explicit(&w->n, memory_order_relaxed) > 0;
}

void
waitqueue_wake(struct waitqueue *w, const char *key)
{
	struct waiter *waiter;
	int64_t now;

	pthread_mutex_lock(&w->lock);
	now = clock_ms();
	LIST_FOREACH(waiter, &w->buckets[bucket_of(key)], chain)
		if (strcmp(waiter->key, key) == 0)
			wake(w, waiter, now);
	pthread_mutex_unlock(&w->lock);
}

void
waitqueue_keys(struct waitqueue *w, const char *prefix,
    void (*fn)(const char *key, void *ctx), void *ctx)
{
	size_t i, n = strlen(prefix);
	const struct waiter *waiter;
	const char *last;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < BUCKETS && w->n > 0; i++) {
		last = "";
		LIST_FOREACH(waiter, &w->buckets[i], chain) {
			if (strncmp(waiter->key, prefix, n) != 0 ||
			    strcmp(waiter->key, last) == 0)
				continue;
			last = waiter->key;
			fn(last, ctx);
		}
	}
	pthread_mutex_unlock(&w->lock);
}

void
waitqueue_wake_all(struct waitqueue *w, const char *prefix)
{
	size_t i, n = strlen(prefix);
	struct waiter *waiter;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < BUCKETS; i++)
		LIST_FOREACH(waiter, &w->buckets[i], chain)
			if (strncmp(waiter->key, prefix, n) == 0)
				wake(w, waiter, clock_ms());
	pthread_mutex_unlock(&w->lock);
}

void
waitqueue_stop(struct waitqueue *w)
{
	struct waiter *waiter;
	size_t i;

	atomic_store(&w->stopping, true);
	pthread_mutex_lock(&w->lock);
	for (i = 0; i < BUCKETS; i++)
		LIST_FOREACH(waiter, &w->buckets[i], chain) {
			waiter->earliest = 0;
			wake(w, waiter, clock_ms());
		}
	pthread_mutex_unlock(&w->lock);
}

bool
waitqueue_stopping(const struct waitqueue *w)
{
	return atomic_load(&w->stopping);
}

/* Returns whether the waiter's client has gone.  Each bucket is checked once
 * per lap. */
static bool
is_gone(const struct waitqueue *w, size_t bucket, const struct waiter *waiter)
{
	return (bucket + w->tick) % LAP == 0 && waiter->gone != NULL &&
	    waiter->gone(waiter->ctx);
}

void
waitqueue_expire(struct waitqueue *w)
{
	int64_t now = clock_ms();
	struct waiter *waiter;
	size_t i;

	pthread_mutex_lock(&w->lock);
	w->tick++;
	for (i = 0; i < BUCKETS && w->n > 0; i++)
		LIST_FOREACH(waiter, &w->buckets[i], chain)
			if (waiter->state == WAITER_PARKED &&
			    (waiter->until <= now || is_gone(w, i, waiter)))
				make_ready(w, waiter);
	pthread_mutex_unlock(&w->lock);
}
