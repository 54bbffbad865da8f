/* SPDX-License-Identifier: ISC */
/* Posts hints to the push modules of web servers, on a thread of its own. */
#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/jsn_write.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "db/array.h"
#include "db/pg.h"
#include "event/push.h"
#include "http/http_client.h"

#define BUCKETS 4096
#define NAMES_MAX 3500		/* bytes of channels in a URL; the module
				 * accepts 255 channels at once */
#define SETTLE_MS 10		/* between the first two queries; doubled
				 * each time, up to SETTLE_MAX_MS */
#define SETTLE_MAX_MS 640
#define BLANKS " \t"

/* A channel with new events. */
struct hint {
	char channel[ID_OBJECT_SIZE];
	char application[ID_OBJECT_SIZE];
	char event[ID_UUID_SIZE];	/* the newest one */
	TAILQ_ENTRY(hint) order;
	LIST_ENTRY(hint) chain;
};

TAILQ_HEAD(hints, hint);

/* A web server.  The lock guards waiting, buckets and n; the thread owns the
 * rest. */
struct server {
	char *url;
	struct http_client_poster *poster;
	struct hints waiting;		/* oldest first */
	LIST_HEAD(, hint) buckets[BUCKETS];
	size_t n;
	int64_t next;			/* earliest post, as clock_ms() */
	int64_t pause;			/* ms from a post to the next */
	bool away;			/* the last post failed */
};

struct push {
	struct server *servers[PUSH_SERVERS];
	size_t n;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool stopping;
	struct pg *db;			/* the thread's */
	pthread_t thread;
};

/* -- waiting hints */

/* FNV-1a. */
static size_t
bucket_of(const char *channel)
{
	uint32_t h = 2166136261U;

	for (; *channel != '\0'; channel++)
		h = (h ^ (unsigned char)*channel) * 16777619U;
	return h % BUCKETS;
}

static struct hint *
hint_find(const struct server *s, const char *channel)
{
	struct hint *hint;

	LIST_FOREACH(hint, &s->buckets[bucket_of(channel)], chain)
		if (strcmp(hint->channel, channel) == 0)
			break;
	return hint;
}

static void
hint_remove(struct server *s, struct hint *hint)
{
	TAILQ_REMOVE(&s->waiting, hint, order);
	LIST_REMOVE(hint, chain);
	s->n--;
}

static void
count(const char *result, size_t n)
{
	while (n-- > 0)
		metrics_count(METRIC_PUSH, result, NULL);
}

/* Adds a hint, or updates that of its channel.  The lock is held. */
static void
hint_add(struct server *s, const struct hint *added)
{
	struct hint *hint = hint_find(s, added->channel);

	if (hint != NULL) {
		memcpy(hint->event, added->event, sizeof(hint->event));
		return;
	}
	if (s->n == PUSH_WAITING) {
		hint = TAILQ_FIRST(&s->waiting);
		hint_remove(s, hint);
		count("dropped", 1);
	} else {
		hint = mem_alloc(sizeof(*hint));
	}
	*hint = *added;
	TAILQ_INSERT_TAIL(&s->waiting, hint, order);
	LIST_INSERT_HEAD(&s->buckets[bucket_of(hint->channel)], hint, chain);
	s->n++;
}

/* Puts back a hint that could not be sent, unless there is a newer one.  The
 * lock is held. */
static void
hint_return(struct server *s, struct hint *hint)
{
	if (hint_find(s, hint->channel) != NULL) {
		free(hint);
	} else if (s->n == PUSH_WAITING) {
		free(hint);
		count("dropped", 1);
	} else {
		TAILQ_INSERT_HEAD(&s->waiting, hint, order);
		LIST_INSERT_HEAD(&s->buckets[bucket_of(hint->channel)], hint,
		    chain);
		s->n++;
	}
}

/* Returns whether s is an id: 24 hex digits. */
static bool
is_id(const char *s, size_t n)
{
	return n == ID_OBJECT_SIZE - 1 &&
	    strspn(s, "0123456789abcdef") == n;
}

void
push_notify(struct push *push, const char *application, const char *targets,
    const char *event)
{
	struct hint hint = { .channel = "" };
	size_t n, i;

	memcpy(hint.application, application,
	    strnlen(application, ID_OBJECT_SIZE - 1));
	memcpy(hint.event, event, strnlen(event, ID_UUID_SIZE - 1));
	pthread_mutex_lock(&push->lock);
	while (array_next(&targets, hint.channel, sizeof(hint.channel), &n)) {
		if (!is_id(hint.channel, n))
			memcpy(hint.channel, hint.application, ID_OBJECT_SIZE);
		for (i = 0; i < push->n; i++)
			hint_add(push->servers[i], &hint);
	}
	pthread_cond_signal(&push->filled);
	pthread_mutex_unlock(&push->lock);
}

/* -- posting to a server */

static int
by_application(const void *a, const void *b)
{
	const struct hint *const *x = a, *const *y = b;

	return strcmp((*x)->application, (*y)->application);
}

/*
 * Posts to channels of one application, as many as a URL holds.  All get the
 * newest event of them, because a hint only says that there are new events.
 * Returns the number of channels; 0 and err if the post failed.
 */
static size_t
post_some(struct server *s, struct hint **hints, size_t n, struct err *err)
{
	const char *event = hints[0]->event;
	struct buf names, body;
	size_t i;
	int rc;

	buf_init(&names);
	for (i = 0; i < n && by_application(&hints[0], &hints[i]) == 0 &&
	    names.len + ID_OBJECT_SIZE <= NAMES_MAX; i++) {
		if (i > 0)
			buf_addch(&names, ',');
		buf_addstr(&names, hints[i]->channel);
		if (strcmp(hints[i]->event, event) > 0)
			event = hints[i]->event;
	}
	buf_init(&body);
	jsn_write_object(&body, NULL);
	jsn_write_string(&body, "event", event);
	jsn_write_end(&body, '}');
	rc = http_client_post(s->poster, names.data, body.data, err);
	buf_release(&names);
	buf_release(&body);
	return rc < 0 ? 0 : i;
}

/* Sets the time of the next post, and logs a change of the server's state. */
static void
server_mark(struct server *s, const struct err *err)
{
	if (err != NULL && !s->away)
		log_warn("push: %s: %s; devices receive commands only when "
		    "they poll", s->url, err->text);
	else if (err == NULL && s->away)
		log_warn("push: %s is reachable again", s->url);
	if (err == NULL)
		s->pause = PUSH_PAUSE_MS;
	else if (!s->away)
		s->pause = PUSH_AWAY_MS;
	else if (s->pause < PUSH_AWAY_MAX_MS)
		s->pause *= 2;
	s->away = err != NULL;
	s->next = clock_ms() + s->pause;
}

/* Posts n hints.  Frees those that were sent; the others wait again. */
static void
server_post(struct push *push, struct server *s, struct hint **hints, size_t n)
{
	struct err err = { ERR_NONE, "" };
	size_t done = 0, some = 1, i;

	qsort(hints, n, sizeof(*hints), by_application);
	while (done < n &&
	    (some = post_some(s, hints + done, n - done, &err)) > 0) {
		count("sent", some);
		done += some;
	}
	server_mark(s, some > 0 ? NULL : &err);
	count("failed", n - done);
	for (i = 0; i < done; i++)
		free(hints[i]);
	pthread_mutex_lock(&push->lock);
	for (i = n; i > done; i--)
		hint_return(s, hints[i - 1]);
	pthread_mutex_unlock(&push->lock);
}

/* -- the thread */

/* Returns a server that is due for a post.  Else NULL, and *until is when one
 * will be due, or 0 if there are no hints.  The lock is held. */
static struct server *
server_due(const struct push *push, int64_t *until)
{
	int64_t now = clock_ms();
	struct server *s;
	size_t i;

	for (*until = 0, i = 0; i < push->n; i++) {
		s = push->servers[i];
		if (s->n == 0)
			continue;
		if (push->stopping ? !s->away : s->next <= now)
			return s;
		if (*until == 0 || s->next < *until)
			*until = s->next;
	}
	return NULL;
}

/* Removes a server's hints.  Returns how many; *out is freed with free(3). */
static size_t
hints_remove(struct server *s, struct hint ***out)
{
	struct hint *hint;
	size_t n = 0;

	*out = mem_alloc(s->n * sizeof(**out));
	while ((hint = TAILQ_FIRST(&s->waiting)) != NULL) {
		hint_remove(s, hint);
		(*out)[n++] = hint;
	}
	return n;
}

/* Waits until a server is due; NULL if the thread must end. */
static struct server *
server_next(struct push *push, struct hint ***hints, size_t *n)
{
	struct server *s;
	int64_t until;

	pthread_mutex_lock(&push->lock);
	while ((s = server_due(push, &until)) == NULL && !push->stopping) {
		if (until == 0)
			pthread_cond_wait(&push->filled, &push->lock);
		else
			clock_cond_wait(&push->filled, &push->lock, until);
	}
	if (s != NULL)
		*n = hints_remove(s, hints);
	pthread_mutex_unlock(&push->lock);
	return s;
}

/* Waits.  Returns true as soon as the thread must end. */
static bool
pause_for(struct push *push, int64_t ms)
{
	int64_t until = clock_ms() + ms;
	bool stopping;

	pthread_mutex_lock(&push->lock);
	while (!push->stopping && clock_ms() < until)
		clock_cond_wait(&push->filled, &push->lock, until);
	stopping = push->stopping;
	pthread_mutex_unlock(&push->lock);
	return stopping;
}

/*
 * Waits until a device that polls finds the committed events: readers stop at
 * the oldest batch that is still under way.  After an earlier hint a device
 * would find nothing, and it would get no second hint.  If the query fails,
 * hints are sent at once.
 */
static void
settle(struct push *push)
{
	int64_t ms = SETTLE_MS / 2;
	char since[32] = "";
	bool settled = false;

	do {
		const struct pg_value values[] = {
			PG_TEXT(*since == '\0' ? NULL : since)
		};
		struct pg_result *row = NULL;
		struct err err;

		if (pg_run(push->db, SQL_PUSH_SETTLED, values, &row,
		    &err) < 0)
			return;
		snprintf(since, sizeof(since), "%s", pg_text(row, 0, 0));
		settled = strcmp(pg_text(row, 0, 1), "true") == 0;
		pg_result_free(&row);
		if (ms < SETTLE_MAX_MS)
			ms *= 2;
	} while (!settled && !pause_for(push, ms));
}

static void *
run(void *arg)
{
	struct push *push = arg;
	struct server *s;
	struct hint **hints;
	size_t n;

	while ((s = server_next(push, &hints, &n)) != NULL) {
		settle(push);
		server_post(push, s, hints, n);
		free(hints);
	}
	return NULL;
}

/* -- start and stop */

static void
push_free(struct push *push)
{
	struct server *s;
	struct hint *hint;
	size_t i;

	for (i = 0; i < push->n; i++) {
		s = push->servers[i];
		while ((hint = TAILQ_FIRST(&s->waiting)) != NULL) {
			hint_remove(s, hint);
			free(hint);
			count("dropped", 1);
		}
		http_client_poster_close(&s->poster);
		free(s->url);
		free(s);
	}
	pg_close(&push->db);
	pthread_cond_destroy(&push->filled);
	pthread_mutex_destroy(&push->lock);
	free(push);
}

static int
server_open(struct push *push, const char *url, size_t len, struct err *err)
{
	struct server *s;

	if (push->n == PUSH_SERVERS)
		return err_set(err, ERR_CONFIG, "must be at most %d URLs",
		    PUSH_SERVERS);
	s = push->servers[push->n++] = mem_alloc(sizeof(*s));
	TAILQ_INIT(&s->waiting);
	s->url = mem_alloc(len + 1);
	memcpy(s->url, url, len);
	return http_client_poster_open(s->url, &s->poster, err);
}

static int
push_open(const struct conf *conf, struct push **out, struct err *err)
{
	const char *url = conf->push_url;
	struct push *push;
	struct err reason;
	size_t n;

	*out = NULL;
	url += strspn(url, BLANKS);
	if (*url == '\0')
		return 0;
	http_client_init();
	push = mem_alloc(sizeof(*push));
	pthread_mutex_init(&push->lock, NULL);
	clock_cond_init(&push->filled);
	for (; *url != '\0'; url += n, url += strspn(url, BLANKS)) {
		n = strcspn(url, BLANKS);
		if (server_open(push, url, n, &reason) < 0) {
			push_free(push);
			return err_set(err, reason.code, "push_url: %s",
			    reason.text);
		}
	}
	*out = push;
	return 0;
}

int
push_check(const struct conf *conf, struct err *err)
{
	struct push *push;

	if (push_open(conf, &push, err) < 0)
		return -1;
	if (push != NULL)
		push_free(push);
	return 0;
}

int
push_start(const struct conf *conf, struct push **out, struct err *err)
{
	struct pg_options options;
	int rc;

	if (push_open(conf, out, err) < 0)
		return -1;
	if (*out == NULL)
		return 0;
	options = pg_options_worker(conf);
	(*out)->db = pg_open(&options);
	rc = pthread_create(&(*out)->thread, NULL, run, *out);
	if (rc == 0)
		return 0;
	push_free(*out);
	*out = NULL;
	return err_set(err, ERR_INTERNAL, "threads: %s", strerror(rc));
}

void
push_stop(struct push **push)
{
	if (*push == NULL)
		return;
	pthread_mutex_lock(&(*push)->lock);
	(*push)->stopping = true;
	pthread_cond_signal(&(*push)->filled);
	pthread_mutex_unlock(&(*push)->lock);
	pthread_join((*push)->thread, NULL);
	push_free(*push);
	*push = NULL;
}
