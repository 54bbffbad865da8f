/* The cache.  The database and the clock are the ones below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"
#include "db/cache.h"

#define TTL 1000
#define THREADS 8

/* One row with the key's text and NULL, none, or a failure. */
struct pg_result {
	size_t rows;
	char *key;
};

static struct {
	atomic_int asked, open;
	enum err_code failure;
	void (*meanwhile)(void);	/* while a look-up is under way */
	const char *_Atomic suffix;	/* of the row's text, as it began */
	atomic_bool slow;		/* look-ups wait until it is false */
} db;

static _Atomic int64_t now;
static struct cache *cache;
static struct arena arena;

static int64_t
now_get(void)
{
	return atomic_load(&now);
}

int
pg_run(struct pg *pg, enum sql_id id, const struct pg_value *values,
    struct pg_result **out, struct err *err)
{
	const char *key = values[sql_statements[id].params - 1].data;
	const char *suffix = atomic_load(&db.suffix);

	(void)pg;
	atomic_fetch_add(&db.asked, 1);
	while (atomic_load(&db.slow))
		sched_yield();
	if (db.failure != ERR_NONE)
		return err_set(err, db.failure, "gone");
	*out = mem_alloc(sizeof(**out));
	(*out)->rows = key != NULL && key[0] == '-' ? 0 : 1;
	(*out)->key = mem_alloc(strlen(key == NULL ? "NULL" : key) +
	    strlen(suffix) + 1);
	strcpy((*out)->key, key == NULL ? "NULL" : key);
	strcat((*out)->key, suffix);
	atomic_fetch_add(&db.open, 1);
	if (db.meanwhile != NULL)
		db.meanwhile();
	return 0;
}

size_t
pg_rows(const struct pg_result *r)
{
	return r->rows;
}

size_t
pg_columns(const struct pg_result *r)
{
	(void)r;
	return 3;
}

const char *
pg_text(const struct pg_result *r, size_t row, size_t column)
{
	assert_true(row < r->rows);
	return column == 0 ? r->key : column == 1 ? NULL : "";
}

void
pg_result_free(struct pg_result **r)
{
	free((*r)->key);
	free(*r);
	*r = NULL;
	atomic_fetch_sub(&db.open, 1);
}

static void
cache_make(int64_t entries, int64_t rate)
{
	const struct cache_options options = { .entries = entries,
	    .ttl = TTL, .rate = rate, .clock = now_get };

	cache_free(&cache);
	cache = cache_new(&options);
	atomic_store(&db.asked, 0);
}

static int
setup(void **state)
{
	(void)state;
	memset(&db, 0, sizeof(db));
	db.suffix = "";
	atomic_store(&now, 5000);
	cache_make(64, 1000000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cache_free(&cache);
	arena_release(&arena);
	return atomic_load(&db.open);
}

static int
ask_in(struct arena *a, const char *key, struct cache_row *row,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(key) };

	err->code = ERR_NONE;
	return cache_lookup(cache, NULL, SQL_KEY_FIND, values, a, row, err);
}

/* Looks a key up; what it gives is right, and whether it was asked for. */
static bool
asks(const char *key)
{
	int before = atomic_load(&db.asked);
	struct cache_row row;
	struct err err;

	assert_int_equal(ask_in(&arena, key, &row, &err), 0);
	assert_int_equal(row.found, key[0] != '-');
	if (row.found) {
		assert_int_equal(row.n, 3);
		assert_non_null(strstr(row.columns[0], key));
		assert_null(row.columns[1]);
		assert_string_equal(row.columns[2], "");
	}
	assert_int_equal(row.fresh, atomic_load(&db.asked) != before);
	return row.fresh;
}

static void
drop(const char *key)
{
	const struct pg_value values[] = { PG_TEXT(key) };

	cache_drop(cache, SQL_KEY_FIND, values);
}

static const char *
numbered(const char *prefix, int n)
{
	return arena_printf(&arena, "%s%d", prefix, n);
}

static void
test_kept(void **state)
{
	(void)state;
	assert_true(asks("a"));
	assert_false(asks("a"));
	assert_true(asks("b"));
	assert_false(asks("b"));
	assert_true(asks("-none"));
	assert_false(asks("-none"));
	assert_true(asks(""));
	assert_false(asks(""));
	/* Until the ttl, counted from before the look-up. */
	atomic_store(&now, 5000 + TTL - 1);
	assert_false(asks("a") || asks("-none"));
	atomic_store(&now, 5000 + TTL);
	assert_true(asks("a") && asks("-none"));
	assert_false(asks("a") || asks("-none"));
}

/* Keys that differ in where one parameter ends are not mixed up, nor is NULL
 * with a text. */
static void
test_keys(void **state)
{
	static const char *const keys[][2] = {
		{ "a", "bc" }, { "ab", "c" }, { "a", "=bc" }, { "a=", "bc" },
		{ "", "abc" }, { "abc", "" }, { NULL, "x" }, { "", "x" },
		{ "x", NULL }, { "x", "" }, { "=", "x" }
	};
	struct cache_row row;
	struct err err;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++)
		for (j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
			const struct pg_value values[] = {
			    PG_TEXT(keys[j][0]), PG_TEXT(keys[j][1]) };

			assert_int_equal(cache_lookup(cache, NULL,
			    SQL_ADDRESS_FIND, values, &arena, &row, &err), 0);
			assert_int_equal(row.fresh, i == 0);
		}
	/* Nor statements, nor spaces. */
	assert_true(asks("x"));
	assert_false(cache_get(cache, "KEY_FIND", "y", &arena, &row));
	assert_false(cache_get(cache, "token", "x", &arena, &row));
}

static void
test_drop(void **state)
{
	(void)state;
	assert_true(asks("a") && asks("b") && asks("-c"));
	drop("a");
	drop("never asked for");
	assert_true(asks("a"));
	assert_false(asks("a") || asks("b") || asks("-c"));
	drop("-c");
	assert_true(asks("-c"));
	cache_clear(cache);
	assert_true(asks("a") && asks("b") && asks("-c"));
	assert_false(asks("a") || asks("b") || asks("-c"));
}

static void
drop_a(void)
{
	drop("a");
}

static void
clear_all(void)
{
	cache_clear(cache);
}

/* What was read before the change and comes after it is not kept. */
static void
test_drop_meanwhile(void **state)
{
	(void)state;
	db.meanwhile = drop_a;
	assert_true(asks("a"));
	assert_true(asks("a"));
	assert_true(asks("b"));
	assert_false(asks("b"));
	db.meanwhile = clear_all;
	assert_true(asks("c"));
	assert_true(asks("c"));
	db.meanwhile = NULL;
	assert_true(asks("a") && asks("c"));
	assert_false(asks("a") || asks("c"));
}

static void
test_failure(void **state)
{
	struct cache_row row;
	struct err err;

	(void)state;
	assert_true(asks("a"));
	db.failure = ERR_UNCERTAIN;
	assert_false(asks("a"));
	assert_int_equal(ask_in(&arena, "b", &row, &err), -1);
	assert_int_equal(err.code, ERR_UNCERTAIN);
	assert_string_equal(err.text, "gone");
	drop("a");
	assert_int_equal(ask_in(&arena, "a", &row, &err), -1);
	/* Nothing of that is kept. */
	db.failure = ERR_NONE;
	assert_true(asks("a") && asks("b"));
	assert_false(asks("a") || asks("b"));
}

static void
test_without_cache(void **state)
{
	const struct pg_value values[] = { PG_TEXT("a") };
	struct cache_row row = { .n = 0 };
	struct err err;
	int i;

	(void)state;
	for (i = 1; i < 4; i++) {
		assert_int_equal(cache_lookup(NULL, NULL, SQL_KEY_FIND, values,
		    &arena, &row, &err), 0);
		assert_true(row.found && row.fresh);
		assert_string_equal(row.columns[0], "a");
		assert_int_equal(atomic_load(&db.asked), i);
	}
	cache_put(NULL, "token", "a", &row, 1);
	assert_false(cache_get(NULL, "token", "a", &arena, &row));
	db.failure = ERR_UNAVAILABLE;
	assert_int_equal(cache_lookup(NULL, NULL, SQL_KEY_FIND, values,
	    &arena, &row, &err), -1);
}

/* However many unknown keys come, the good ones stay. */
static void
test_flood_evicts_nothing(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 64; i++)
		assert_true(asks(numbered("good", i)));
	for (i = 0; i < 5000; i++)
		asks(numbered("-bad", i));
	for (i = 0; i < 64; i++)
		assert_false(asks(numbered("good", i)));
	/* And of the bad ones few are left. */
	atomic_store(&db.asked, 0);
	for (i = 0; i < 5000; i++)
		asks(numbered("-bad", i));
	assert_true(atomic_load(&db.asked) >= 5000 - 16);
}

/* Many good ones that come once do not drive out those that are in use. */
static void
test_used_stay(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < 8; i++)
		asks(numbered("used", i));
	for (i = 0; i < 1000; i++) {
		asks(numbered("once", i));
		if (i % 8 == 0)
			for (j = 0; j < 8; j++)
				assert_false(asks(numbered("used", j)));
	}
	/* The bound holds all the same. */
	atomic_store(&db.asked, 0);
	for (i = 0; i < 1000; i++)
		asks(numbered("once", i));
	assert_true(atomic_load(&db.asked) >= 1000 - 64);
}

/* A text of n characters. */
static const char *
text_of(size_t n)
{
	char *text = arena_alloc(&arena, n + 1);

	memset(text, 'y', n);
	return text;
}

/* Rows that are longer than usual: fewer of them are kept. */
static void
test_bytes(void **state)
{
	struct cache_row row;
	int i, kept = 0;

	(void)state;
	db.suffix = text_of(1500);
	for (i = 0; i < 64; i++)
		assert_true(asks(numbered("long", i)));
	for (i = 0; i < 64; i++)
		kept += cache_get(cache, "KEY_FIND", numbered("long", i),
		    &arena, &row);
	assert_in_range(kept, 15, 64 * CACHE_ENTRY_BYTES / 1500);
}

/* One that would drive out many others is not kept, but is given. */
static void
test_large(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 32; i++)
		assert_true(asks(numbered("short", i)));
	db.suffix = text_of(100000);
	assert_true(asks("large") && asks("large"));
	db.suffix = "";
	for (i = 0; i < 32; i++)
		assert_false(asks(numbered("short", i)));
	assert_true(asks("large"));
	assert_false(asks("large"));
}

static void
test_sizes(void **state)
{
	struct cache_row row;
	int i, kept = 0;

	(void)state;
	cache_make(8, 1000000);
	for (i = 0; i < 100; i++)
		assert_true(asks(numbered("a", i)));
	for (i = 0; i < 100; i++)
		kept += cache_get(cache, "KEY_FIND", numbered("a", i), &arena,
		    &row);
	assert_int_equal(kept, 8);
	cache_make(1, 1000000);
	for (i = 0; i < 100; i++)
		assert_true(asks(numbered("a", i)) && asks(numbered("-", i)));
	/* In shards, the greater part of what fits is kept. */
	cache_make(4096, 1000000);
	for (i = 0; i < 3000; i++)
		assert_true(asks(numbered("a", i)));
	for (i = 0; i < 3000; i++)
		asks(numbered("a", i));
	assert_in_range(atomic_load(&db.asked), 3000, 3100);
}

/* How many of n unknown keys are looked up; the others are refused. */
static int
flood(const char *prefix, int n)
{
	struct cache_row row;
	struct err err;
	int i;

	atomic_store(&db.asked, 0);
	for (i = 0; i < n; i++)
		if (ask_in(&arena, numbered(prefix, i), &row, &err) < 0) {
			assert_int_equal(err.code, ERR_UNAVAILABLE);
			assert_non_null(strstr(err.text, "lookup_rate"));
		}
	return atomic_load(&db.asked);
}

static void
test_rate(void **state)
{
	int i;

	(void)state;
	cache_make(64, 10);
	for (i = 0; i < 5; i++)
		assert_true(asks(numbered("good", i)));
	assert_int_equal(flood("-a", 100), 5);
	/* What is kept costs nothing; nor does what was, when it is due. */
	for (i = 0; i < 5; i++)
		assert_false(asks(numbered("good", i)));
	drop("good0");
	assert_true(asks("good0"));
	cache_clear(cache);
	for (i = 0; i < 5; i++)
		assert_true(asks(numbered("good", i)));
	assert_int_equal(flood("-b", 100), 0);
	atomic_fetch_add(&now, 99);
	assert_int_equal(flood("-c", 100), 0);
	atomic_fetch_add(&now, 1);
	assert_int_equal(flood("-d", 100), 1);
	atomic_fetch_add(&now, 500);
	assert_int_equal(flood("-e", 100), 5);
	/* No more than a second's worth gathers. */
	atomic_fetch_add(&now, 1000000);
	assert_int_equal(flood("-f", 100), 10);
	/* An unknown key is looked up again after the ttl, and that counts. */
	atomic_fetch_add(&now, 1000000);
	assert_int_equal(flood("-f", 3), 3);
	assert_int_equal(flood("-f", 3), 0);
	assert_int_equal(flood("-g", 100), 7);
	atomic_fetch_add(&now, TTL - 1);
	assert_int_equal(flood("-f", 3), 0);
	assert_int_equal(flood("-g", 100), 9);
	atomic_fetch_add(&now, 1);
	assert_int_equal(flood("-f", 3), 1);
}

/* Deleted, a known row becomes an unknown one, which the rate counts; and the
 * other way round. */
static void
test_classes(void **state)
{
	const struct pg_value values[] = { PG_TEXT("-k") };
	struct cache_row row = { .n = 1, .columns = { "v" } };
	struct err err;

	(void)state;
	cache_make(64, 1);
	cache_put(cache, "KEY_FIND", "-k", &row, TTL);
	assert_int_equal(cache_lookup(cache, NULL, SQL_KEY_FIND, values,
	    &arena, &row, &err), 0);
	assert_string_equal(row.columns[0], "v");
	drop("-k");
	assert_true(asks("-k"));
	drop("-k");
	assert_true(asks("-k"));
	drop("-k");
	assert_int_equal(ask_in(&arena, "-k", &row, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
}

static void
test_put(void **state)
{
	const struct cache_row row = { .n = 3, .columns = { "x", NULL, "z" } };
	const struct cache_row other = { .n = 1, .columns = { "y" } };
	struct cache_row got;

	(void)state;
	cache_put(cache, "token", "a", &row, 60000);
	assert_true(cache_get(cache, "token", "a", &arena, &got));
	assert_true(got.found && !got.fresh && got.n == 3);
	assert_string_equal(got.columns[0], "x");
	assert_null(got.columns[1]);
	assert_string_equal(got.columns[2], "z");
	assert_false(cache_get(cache, "token", "b", &arena, &got));
	assert_false(cache_get(cache, "other", "a", &arena, &got));
	cache_put(cache, "token", "a", &other, 60000);
	assert_true(cache_get(cache, "token", "a", &arena, &got));
	assert_string_equal(got.columns[0], "y");
	atomic_fetch_add(&now, 59999);
	assert_true(cache_get(cache, "token", "a", &arena, &got));
	atomic_fetch_add(&now, 1);
	assert_false(cache_get(cache, "token", "a", &arena, &got));
	cache_put(cache, "token", "c", &row, 0);
	cache_put(cache, "token", "d", &row, -1);
	assert_false(cache_get(cache, "token", "c", &arena, &got));
	assert_false(cache_get(cache, "token", "d", &arena, &got));
	cache_put(cache, "token", "e", &row, 60000);
	cache_clear(cache);
	assert_false(cache_get(cache, "token", "e", &arena, &got));
}

/* -- threads */

struct asker {
	pthread_t thread;
	int rc;
	struct err err;
	bool fresh, found;
	char text[32];
};

static atomic_int started;

static void *
ask_one(void *arg)
{
	struct asker *a = arg;
	struct arena own = ARENA_INIT;
	struct cache_row row;

	atomic_fetch_add(&started, 1);
	a->rc = ask_in(&own, "one", &row, &a->err);
	if (a->rc == 0) {
		a->fresh = row.fresh;
		a->found = row.found;
		strcpy(a->text, row.columns[0]);
	}
	arena_release(&own);
	return NULL;
}

static void
askers_start(struct asker *askers, int n)
{
	int i;

	memset(askers, 0, (size_t)n * sizeof(*askers));
	atomic_store(&started, 0);
	for (i = 0; i < n; i++)
		assert_int_equal(pthread_create(&askers[i].thread, NULL,
		    ask_one, &askers[i]), 0);
	while (atomic_load(&started) < n || atomic_load(&db.asked) == 0)
		sched_yield();
}

static void
askers_join(struct asker *askers, int n)
{
	int i;

	for (i = 0; i < n; i++)
		pthread_join(askers[i].thread, NULL);
}

/* Of those that miss the same at once one asks. */
static void
test_one_asks(void **state)
{
	struct asker askers[THREADS];
	int i, fresh = 0;

	(void)state;
	atomic_store(&db.slow, true);
	askers_start(askers, THREADS);
	atomic_store(&db.slow, false);
	askers_join(askers, THREADS);
	assert_int_equal(atomic_load(&db.asked), 1);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(askers[i].rc, 0);
		assert_true(askers[i].found);
		fresh += askers[i].fresh;
	}
	assert_int_equal(fresh, 1);
}

/* It fails for all that waited, and who comes later asks anew.  How many do
 * wait is up to the scheduler: some, in one of many rounds. */
static void
test_one_fails(void **state)
{
	struct asker askers[THREADS];
	int i, rounds = 100;

	(void)state;
	db.failure = ERR_UNAVAILABLE;
	do {
		atomic_store(&db.asked, 0);
		atomic_store(&db.slow, true);
		askers_start(askers, THREADS);
		for (i = 0; i < 100; i++)
			sched_yield();
		atomic_store(&db.slow, false);
		askers_join(askers, THREADS);
		for (i = 0; i < THREADS; i++) {
			assert_int_equal(askers[i].rc, -1);
			assert_int_equal(askers[i].err.code, ERR_UNAVAILABLE);
		}
	} while (atomic_load(&db.asked) == THREADS && --rounds > 0);
	assert_int_not_equal(rounds, 0);
	db.failure = ERR_NONE;
	assert_true(asks("one"));
}

/* Who comes after the change gets no answer from before it. */
static void
test_drop_with_waiters(void **state)
{
	struct asker before, after[THREADS];
	int i;

	(void)state;
	atomic_store(&db.slow, true);
	atomic_store(&db.suffix, "-old");
	askers_start(&before, 1);
	atomic_store(&db.suffix, "-new");
	drop("one");
	askers_start(after, THREADS);
	atomic_store(&db.slow, false);
	askers_join(&before, 1);
	askers_join(after, THREADS);
	assert_int_equal(before.rc, 0);
	assert_true(before.fresh);
	assert_string_equal(before.text, "one-old");
	assert_int_equal(atomic_load(&db.asked), 2);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(after[i].rc, 0);
		assert_string_equal(after[i].text, "one-new");
	}
	assert_false(asks("one"));
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
		if (ask_in(&own, key, &row, &err) == 0 && row.found &&
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept),
		TEST(test_keys),
		TEST(test_drop),
		TEST(test_drop_meanwhile),
		TEST(test_failure),
		TEST(test_without_cache),
		TEST(test_flood_evicts_nothing),
		TEST(test_used_stay),
		TEST(test_bytes),
		TEST(test_large),
		TEST(test_sizes),
		TEST(test_rate),
		TEST(test_classes),
		TEST(test_put),
		TEST(test_one_asks),
		TEST(test_one_fails),
		TEST(test_drop_with_waiters),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
