/* SPDX-License-Identifier: ISC */
/* Tests the cache with many threads. */
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "../unit.h"
#include "cache_stage.h"

#define THREADS 8

struct caller {
	pthread_t thread;
	int rc;
	struct err err;
	bool fresh, found;
	char text[32];
};

static atomic_int started;

static void *
look_up_one(void *arg)
{
	struct caller *a = arg;
	struct arena own = ARENA_INIT;
	struct cache_row row;

	atomic_fetch_add(&started, 1);
	a->rc = look_up(&own, "one", &row, &a->err);
	if (a->rc == 0) {
		a->fresh = row.fresh;
		a->found = row.found;
		strcpy(a->text, row.columns[0]);
	}
	arena_release(&own);
	return NULL;
}

static void
callers_start(struct caller *callers, int n)
{
	int i;

	memset(callers, 0, (size_t)n * sizeof(*callers));
	atomic_store(&started, 0);
	for (i = 0; i < n; i++)
		assert_int_equal(pthread_create(&callers[i].thread, NULL,
		    look_up_one, &callers[i]), 0);
	while (atomic_load(&started) < n || atomic_load(&db.queries) == 0)
		sched_yield();
}

static void
callers_join(struct caller *callers, int n)
{
	int i;

	for (i = 0; i < n; i++)
		pthread_join(callers[i].thread, NULL);
}

/* If threads miss the same key at once, one queries the database. */
static void
test_one_queries(void **state)
{
	struct caller callers[THREADS];
	int i, fresh = 0;

	(void)state;
	atomic_store(&db.slow, true);
	callers_start(callers, THREADS);
	atomic_store(&db.slow, false);
	callers_join(callers, THREADS);
	assert_int_equal(atomic_load(&db.queries), 1);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(callers[i].rc, 0);
		assert_true(callers[i].found);
		fresh += callers[i].fresh;
	}
	assert_int_equal(fresh, 1);
}

/* A failure is returned to all that waited; later threads query again. The
 * scheduler decides how many wait: some do, in one of many rounds. */
static void
test_one_fails(void **state)
{
	struct caller callers[THREADS];
	int i, rounds = 100;

	(void)state;
	db.failure = ERR_UNAVAILABLE;
	do {
		atomic_store(&db.queries, 0);
		atomic_store(&db.slow, true);
		callers_start(callers, THREADS);
		for (i = 0; i < 100; i++)
			sched_yield();
		atomic_store(&db.slow, false);
		callers_join(callers, THREADS);
		for (i = 0; i < THREADS; i++) {
			assert_int_equal(callers[i].rc, -1);
			assert_int_equal(callers[i].err.code, ERR_UNAVAILABLE);
		}
	} while (atomic_load(&db.queries) == THREADS && --rounds > 0);
	assert_int_not_equal(rounds, 0);
	db.failure = ERR_NONE;
	assert_true(miss("one"));
}

/* A look-up that begins after a change returns no row from before it. */
static void
test_drop_with_waiters(void **state)
{
	struct caller before, after[THREADS];
	int i;

	(void)state;
	atomic_store(&db.slow, true);
	atomic_store(&db.suffix, "-old");
	callers_start(&before, 1);
	atomic_store(&db.suffix, "-new");
	drop("one");
	callers_start(after, THREADS);
	atomic_store(&db.slow, false);
	callers_join(&before, 1);
	callers_join(after, THREADS);
	assert_int_equal(before.rc, 0);
	assert_true(before.fresh);
	assert_string_equal(before.text, "one-old");
	assert_int_equal(atomic_load(&db.queries), 2);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(after[i].rc, 0);
		assert_string_equal(after[i].text, "one-new");
	}
	assert_false(miss("one"));
}

static void *
work(void *arg)
{
	struct arena own = ARENA_INIT;
	struct cache_row row, token = { .n = 1, .columns = { "t" } };
	unsigned seed = (unsigned)(uintptr_t)arg, i;
	struct err err;
	char key[16];

	for (i = 0; i < 4000; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(key, sizeof(key), "%s%u", seed >> 30 ? "" : "-",
		    (seed >> 16) % 200);
		if (look_up(&own, key, &row, &err) == 0 && row.found &&
		    strcmp(row.columns[0], key) != 0)
			abort();
		cache_put(cache, "token", key, &token, TTL);
		if (cache_get(cache, "token", key, &own, &row) &&
		    strcmp(row.columns[0], "t") != 0)
			abort();
		if (seed >> 24 == 7)
			drop(key);
		if (seed >> 21 == 99)
			cache_clear(cache);
		atomic_fetch_add(&now, 1);
		if (i % 64 == 0)
			arena_release(&own);
	}
	arena_release(&own);
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[THREADS];
	uintptr_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work,
		    (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_queries),
		TEST(test_one_fails),
		TEST(test_drop_with_waiters),
		TEST(test_threads)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
