/* SPDX-License-Identifier: ISC */
/* Listener: a thread that receives the database's notifications, drops cache
 * entries and wakes waiting requests. */
#include <sys/eventfd.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mem.h"
#include "db/array.h"
#include "db/known.h"
#include "db/listen.h"
#include "db/usage_report.h"

#define CHANNEL "creel"
#define REPLY "reply "		/* and an event's ID: a waiter's key */
#define ALIVE_MS 10000		/* between two checks of the connection */
#define RETRY_MS 500
#define NEWS_MS 500		/* between two queries for news */
#define AT_ONCE 1000		/* notifications between two queries */
#define NUMBER_SIZE 24		/* a position */

struct listener {
	struct cache *cache;	/* NULL: no cache */
	struct waitqueue *waitqueue;
	struct usage *usage;
	struct pg *db;
	char since[NUMBER_SIZE];	/* of the last query; "": unknown */
	bool warned;		/* a failed query was logged */
	bool loading;		/* known addresses, behind this one: */
	char *kind, *handle;
	int64_t load_at;	/* time of the next load after a failure */
	int wake;		/* eventfd: ends the thread */
	atomic_bool stopping;
	pthread_t thread;
};

/* The statement that caches the row of a notification "KIND KEY", or SQL_NONE,
 * and whether this is an address.  All other kinds are those of hooks. */
static const struct kind {
	const char *kind;
	enum sql_id sql;
	bool address;
	bool quotas;		/* they may be others */
} kinds[] = {
	{ "key", SQL_KEY_FIND, true, false },
	{ "application", SQL_APPLICATION_ORGANIZATION, false, true },
	{ "quota", SQL_NONE, false, true },
	{ NULL, SQL_ADDRESS_FIND, true, false }
};

/* Continues to load known addresses behind this one. */
static void
load_from(struct listener *l, const char *kind, const char *handle)
{
	free(l->kind);
	free(l->handle);
	l->kind = mem_strdup(kind);
	l->handle = mem_strdup(handle);
}

/* Begins to load the known addresses. */
static int
load_begin(struct listener *l, struct err *err)
{
	struct pg_result *count = NULL;

	if (pg_run(l->db, SQL_ADDRESS_COUNT, NULL, &count, err) < 0)
		return -1;
	known_load(cache_known(l->cache),
	    strtoull(pg_text(count, 0, 0), NULL, 10));
	pg_result_free(&count);
	load_from(l, "", "");
	l->loading = true;
	return 0;
}

/* Loads the next page.  Returns 1 if it was the last, 0 if more follow. */
static int
load_page(struct listener *l, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(l->kind),
	    PG_TEXT(l->handle) };
	struct known *known = cache_known(l->cache);
	struct pg_result *page = NULL;
	bool fits = true;
	size_t i, n;

	if (pg_run(l->db, SQL_ADDRESS_PAGE, values, &page, err) < 0)
		return -1;
	n = pg_rows(page);
	for (i = 0; i < n; i++)
		fits &= known_add(known, pg_text(page, i, 0),
		    pg_text(page, i, 1));
	if (n > 0)
		load_from(l, pg_text(page, n - 1, 0), pg_text(page, n - 1, 1));
	pg_result_free(&page);
	if (!fits)
		return load_begin(l, err);
	if (n > 0)
		return 0;
	log_info("known addresses: %zu", known_loaded(known));
	return 1;
}

/* Notifications may have been lost.  Without a connection nothing is loaded,
 * and unknown addresses have to use their budget. */
static void
set_doubt(const struct listener *l, bool doubt)
{
	if (l->cache != NULL)
		known_doubt(cache_known(l->cache), doubt);
}

/* Loads a page of the known addresses, or begins with them again some time
 * after a failure: then unknown addresses have to use their budget. */
static void
load_step(struct listener *l)
{
	struct err err;
	int rc;

	if (l->cache == NULL || clock_ms() < l->load_at)
		return;
	rc = l->loading ? load_page(l, &err) : load_begin(l, &err);
	if (rc < 0) {
		log_warn("loading known addresses failed: %s", err.text);
		set_doubt(l, false);
	}
	if (rc != 0)
		l->loading = false;
	l->load_at = rc < 0 ? clock_ms() + ALIVE_MS : rc > 0 ? INT64_MAX : 0;
}

/* Drops a row from the cache, and notes an address that is changed or new. */
static void
row_drop(struct listener *l, const struct kind *k, const char *kind,
    const char *key)
{
	const struct pg_value address[] = { PG_TEXT(kind), PG_TEXT(key) };

	if (k->address && !known_add(cache_known(l->cache), kind, key) &&
	    !l->loading)
		l->load_at = 0;
	cache_drop(l->cache, k->sql, &address[k->kind != NULL]);
}

/* Forgets everything that was loaded. */
static void
all_drop(struct listener *l)
{
	usage_changed(l->usage, NULL);
	if (l->cache != NULL)
		cache_clear(l->cache);
}

/* Handles a notification. */
static void
handle(struct listener *l, char *payload)
{
	const struct kind *k = kinds;
	char *key = strchr(payload, ' ');

	if (strncmp(payload, REPLY, sizeof(REPLY) - 1) == 0) {
		waitqueue_wake(l->waitqueue, payload);
		return;
	}
	/* "*", or a form that a newer schema may send. */
	if (key == NULL) {
		all_drop(l);
		l->load_at = 0;
		return;
	}
	*key++ = '\0';
	while (k->kind != NULL && strcmp(k->kind, payload) != 0)
		k++;
	if (k->quotas)
		usage_changed(l->usage, key);
	if (l->cache != NULL && k->sql != SQL_NONE)
		row_drop(l, k, payload, key);
}

/* Adds the key of a waiting reader to the text of an array. */
static void
reader_add(const char *key, void *ctx)
{
	array_put(ctx, key, strlen(key));
}

/*
 * Queries for events that other workers and hosts have committed, and wakes
 * their readers.  No reader misses one.  A reader that queries after this
 * function sees all that it reported.  A reader that queries before is woken,
 * because it is in the wait queue before its first query, and a wake-up during
 * its query makes it query again.
 */
static int
news_query(struct listener *l, const char *readers, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(*l->since == '\0' ? NULL : l->since), PG_TEXT(readers)
	};
	struct pg_result *rows = NULL;
	size_t i;

	if (pg_run(l->db, SQL_FEED_NEWS, values, &rows, err) < 0)
		return -1;
	/* Of what came before the first query, each reader may miss some. */
	if (*l->since == '\0') {
		waitqueue_wake_all(l->waitqueue, WAITQUEUE_EVENTS);
		waitqueue_wake_all(l->waitqueue, WAITQUEUE_COMMANDS);
	}
	snprintf(l->since, sizeof(l->since), "%s", pg_text(rows, 0, 0));
	for (i = 0; i < pg_rows(rows); i++)
		if (pg_text(rows, i, 1) != NULL) {
			log_debug("waking reader=%s", pg_text(rows, i, 1));
			waitqueue_wake(l->waitqueue, pg_text(rows, i, 1));
		}
	pg_result_free(&rows);
	return 0;
}

/* Queries while there are readers.  After a time without, or a failed query,
 * the position to begin at is unknown. */
static void
poll_news(struct listener *l)
{
	struct buf readers;
	struct err err;

	buf_init(&readers);
	waitqueue_keys(l->waitqueue, WAITQUEUE_EVENTS, reader_add, &readers);
	waitqueue_keys(l->waitqueue, WAITQUEUE_COMMANDS, reader_add, &readers);
	if (readers.len == 0) {
		*l->since = '\0';
		return;
	}
	buf_addstr(&readers, "}");
	if (news_query(l, readers.data, &err) == 0) {
		l->warned = false;
	} else {
		if (!l->warned)
			log_warn("query for news failed, readers delayed: %s",
			    err.text);
		l->warned = true;
		*l->since = '\0';
	}
	buf_release(&readers);
}

/* Waits for a notification, and handles those that have arrived, which may be
 * thousands: the queries between two calls are for all of them.
 * pg_notification() also returns those that came with the result of a
 * statement. */
static int
handle_all(struct listener *l, struct err *err)
{
	int64_t timeout = l->loading ? 0 : NEWS_MS;
	char *payload;
	int left = AT_ONCE;

	do {
		if (pg_notification(l->db, l->wake, timeout, &payload, err) < 0)
			return -1;
		if (payload == NULL)
			return 0;
		handle(l, payload);
		free(payload);
		timeout = 0;
	} while (--left > 0);
	return 0;
}

/* Handles notifications until the connection is lost (-1) or the thread must
 * end (0). */
static int
follow(struct listener *l, struct err *err)
{
	int64_t now, polled = 0, alive = clock_ms();

	*l->since = '\0';
	set_doubt(l, true);
	l->loading = false;
	l->load_at = 0;
	while (!atomic_load(&l->stopping)) {
		load_step(l);
		usage_step(l->usage, l->db, false);
		if (handle_all(l, err) < 0)
			return -1;
		now = clock_ms();
		if (now >= alive + ALIVE_MS) {
			if (pg_listen(l->db, CHANNEL, err) < 0)
				return -1;
			alive = now;
		}
		if (now >= polled + NEWS_MS) {
			poll_news(l);
			polled = clock_ms();
		}
	}
	return 0;
}

static void *
run(void *arg)
{
	struct listener *l = arg;
	struct pollfd wake = { .fd = l->wake, .events = POLLIN };
	struct err err;
	bool warned = false;

	while (!atomic_load(&l->stopping)) {
		if (pg_listen(l->db, CHANNEL, &err) == 0) {
			/* Earlier notifications may have been lost. */
			all_drop(l);
			waitqueue_wake_all(l->waitqueue, REPLY);
			log_info("listening for changes");
			warned = false;
			if (follow(l, &err) == 0)
				break;
		}
		set_doubt(l, false);
		if (!warned)
			log_warn("LISTEN connection lost, cache invalidation "
			    "delayed: %s", err.text);
		warned = true;
		poll(&wake, 1, RETRY_MS);
	}
	usage_step(l->usage, l->db, true);
	return NULL;
}

int
listen_start(const struct conf *conf, struct cache *cache,
    struct waitqueue *waitqueue, struct usage *usage, struct listener **out,
    struct err *err)
{
	const struct pg_options options = pg_options_listener(conf);
	struct listener *l = mem_alloc(sizeof(*l));
	int rc;

	l->cache = cache;
	l->waitqueue = waitqueue;
	l->usage = usage;
	l->db = pg_open(&options);
	set_doubt(l, true);
	l->wake = eventfd(0, EFD_CLOEXEC);
	rc = l->wake < 0 ? errno : pthread_create(&l->thread, NULL, run, l);
	if (rc == 0) {
		*out = l;
		return 0;
	}
	if (l->wake >= 0)
		close(l->wake);
	pg_close(&l->db);
	free(l);
	return err_set(err, ERR_INTERNAL, "threads: %s", strerror(rc));
}

void
listen_stop(struct listener **listener)
{
	struct listener *l = *listener;
	uint64_t one = 1;

	if (l == NULL)
		return;
	atomic_store(&l->stopping, true);
	if (write(l->wake, &one, sizeof(one)) < 0)
		log_error("eventfd: %s", strerror(errno));
	pthread_join(l->thread, NULL);
	close(l->wake);
	pg_close(&l->db);
	free(l->kind);
	free(l->handle);
	free(l);
	*listener = NULL;
}
