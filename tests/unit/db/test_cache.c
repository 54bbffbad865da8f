/* SPDX-License-Identifier: ISC */
/* Tests the cache, with the database and the clock of cache_stage.c. */
#include <stdlib.h>
#include <string.h>

#include <stdio.h>

#include "../unit.h"
#include "cache_stage.h"

static void
test_ttl(void **state)
{
	(void)state;
	assert_true(miss("a"));
	assert_false(miss("a"));
	assert_true(miss("b"));
	assert_false(miss("b"));
	assert_true(miss("-none"));
	assert_false(miss("-none"));
	assert_true(miss(""));
	assert_false(miss(""));
	/* Entries live for the TTL, which begins before the look-up. */
	atomic_store(&now, 5000 + TTL - 1);
	assert_false(miss("a") || miss("-none"));
	atomic_store(&now, 5000 + TTL);
	assert_true(miss("a") && miss("-none"));
	assert_false(miss("a") || miss("-none"));
}

/* Keys are different if one parameter ends elsewhere, or is NULL. */
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
			    SQL_ADDRESS_FIND, values, CLIENT, &arena, &row,
			    &err), 0);
			assert_int_equal(row.fresh, i == 0);
		}
	/* Statements and spaces have keys of their own. */
	assert_true(miss("x"));
	assert_false(cache_get(cache, "KEY_FIND", "y", &arena, &row));
	assert_false(cache_get(cache, "token", "x", &arena, &row));
}

static void
test_drop(void **state)
{
	(void)state;
	assert_true(miss("a") && miss("b") && miss("-c"));
	drop("a");
	drop("never asked for");
	assert_true(miss("a"));
	assert_false(miss("a") || miss("b") || miss("-c"));
	drop("-c");
	assert_true(miss("-c"));
	cache_clear(cache);
	assert_true(miss("a") && miss("b") && miss("-c"));
	assert_false(miss("a") || miss("b") || miss("-c"));
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

/* A row that was read before a change, and arrives after it, is not kept. */
static void
test_drop_meanwhile(void **state)
{
	(void)state;
	db.meanwhile = drop_a;
	assert_true(miss("a"));
	assert_true(miss("a"));
	assert_true(miss("b"));
	assert_false(miss("b"));
	db.meanwhile = clear_all;
	assert_true(miss("c"));
	assert_true(miss("c"));
	db.meanwhile = NULL;
	assert_true(miss("a") && miss("c"));
	assert_false(miss("a") || miss("c"));
}

static void
test_failure(void **state)
{
	struct cache_row row;
	struct err err;

	(void)state;
	assert_true(miss("a"));
	db.failure = ERR_UNCERTAIN;
	assert_false(miss("a"));
	assert_int_equal(look_up(&arena, "b", &row, &err), -1);
	assert_int_equal(err.code, ERR_UNCERTAIN);
	assert_string_equal(err.text, "gone");
	drop("a");
	assert_int_equal(look_up(&arena, "a", &row, &err), -1);
	/* Failures are not kept. */
	db.failure = ERR_NONE;
	assert_true(miss("a") && miss("b"));
	assert_false(miss("a") || miss("b"));
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
		    CLIENT, &arena, &row, &err), 0);
		assert_true(row.found && row.fresh);
		assert_string_equal(row.columns[0], "a");
		assert_int_equal(atomic_load(&db.queries), i);
	}
	cache_put(NULL, "token", "a", &row, 1);
	assert_false(cache_get(NULL, "token", "a", &arena, &row));
	db.failure = ERR_UNAVAILABLE;
	assert_int_equal(cache_lookup(NULL, NULL, SQL_KEY_FIND, values,
	    CLIENT, &arena, &row, &err), -1);
}

/* Unknown keys, however many, do not evict known ones. */
static void
test_flood_evicts_nothing(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 64; i++)
		assert_true(miss(numbered("good", i)));
	for (i = 0; i < 5000; i++)
		miss(numbered("-bad", i));
	for (i = 0; i < 64; i++)
		assert_false(miss(numbered("good", i)));
	/* Few of the unknown keys are left. */
	atomic_store(&db.queries, 0);
	for (i = 0; i < 5000; i++)
		miss(numbered("-bad", i));
	assert_true(atomic_load(&db.queries) >= 5000 - 16);
}

/* Known keys that are used once do not evict those in use. */
static void
test_used_stay(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < 8; i++)
		miss(numbered("used", i));
	for (i = 0; i < 1000; i++) {
		miss(numbered("once", i));
		if (i % 8 == 0)
			for (j = 0; j < 8; j++)
				assert_false(miss(numbered("used", j)));
	}
	/* The limit holds, too. */
	atomic_store(&db.queries, 0);
	for (i = 0; i < 1000; i++)
		miss(numbered("once", i));
	assert_true(atomic_load(&db.queries) >= 1000 - 64);
}

/* Returns a text of n characters. */
static const char *
text_of(size_t n)
{
	char *text = arena_alloc(&arena, n + 1);

	memset(text, 'y', n);
	return text;
}

/* Fewer long rows are kept. */
static void
test_bytes(void **state)
{
	struct cache_row row;
	int i, kept = 0;

	(void)state;
	db.suffix = text_of(1500);
	for (i = 0; i < 64; i++)
		assert_true(miss(numbered("long", i)));
	for (i = 0; i < 64; i++)
		kept += cache_get(cache, "KEY_FIND", numbered("long", i),
		    &arena, &row);
	assert_in_range(kept, 15, 64 * CACHE_ENTRY_BYTES / 1500);
}

/* A row that would evict many others is returned, but not kept. */
static void
test_large(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 32; i++)
		assert_true(miss(numbered("short", i)));
	db.suffix = text_of(100000);
	assert_true(miss("large") && miss("large"));
	db.suffix = "";
	for (i = 0; i < 32; i++)
		assert_false(miss(numbered("short", i)));
	assert_true(miss("large"));
	assert_false(miss("large"));
}

static void
test_sizes(void **state)
{
	struct cache_row row;
	int i, kept = 0;

	(void)state;
	cache_make(8, 1000000);
	for (i = 0; i < 100; i++)
		assert_true(miss(numbered("a", i)));
	for (i = 0; i < 100; i++)
		kept += cache_get(cache, "KEY_FIND", numbered("a", i), &arena,
		    &row);
	assert_int_equal(kept, 8);
	cache_make(1, 1000000);
	for (i = 0; i < 100; i++)
		assert_true(miss(numbered("a", i)) && miss(numbered("-", i)));
	/* With shards, most of the rows that fit are kept. */
	cache_make(4096, 1000000);
	for (i = 0; i < 3000; i++)
		assert_true(miss(numbered("a", i)));
	for (i = 0; i < 3000; i++)
		miss(numbered("a", i));
	assert_in_range(atomic_load(&db.queries), 3000, 3100);
}

/* Returns how many of n unknown keys are looked up; the others are rejected. */
static int
flood(const char *prefix, int n)
{
	struct cache_row row;
	struct err err;
	int i;

	atomic_store(&db.queries, 0);
	for (i = 0; i < n; i++)
		if (look_up(&arena, numbered(prefix, i), &row, &err) < 0) {
			assert_int_equal(err.code, ERR_UNAVAILABLE);
			assert_non_null(strstr(err.text, "lookup_rate"));
		}
	return atomic_load(&db.queries);
}

static void
test_rate(void **state)
{
	int i;

	(void)state;
	cache_make(64, 10);
	for (i = 0; i < 5; i++)
		assert_true(miss(numbered("good", i)));
	assert_int_equal(flood("-a", 100), 5);
	/* Known keys do not count, whether they are kept or looked up again. */
	for (i = 0; i < 5; i++)
		assert_false(miss(numbered("good", i)));
	drop("good0");
	assert_true(miss("good0"));
	cache_clear(cache);
	for (i = 0; i < 5; i++)
		assert_true(miss(numbered("good", i)));
	assert_int_equal(flood("-b", 100), 0);
	atomic_fetch_add(&now, 99);
	assert_int_equal(flood("-c", 100), 0);
	atomic_fetch_add(&now, 1);
	assert_int_equal(flood("-d", 100), 1);
	atomic_fetch_add(&now, 500);
	assert_int_equal(flood("-e", 100), 5);
	/* Unused look-ups of one second accumulate at most. */
	atomic_fetch_add(&now, 1000000);
	assert_int_equal(flood("-f", 100), 10);
	/* An unknown key is looked up again after the TTL, and that counts. */
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

/* A known row that is deleted becomes an unknown one, which the rate counts;
 * and the reverse. */
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
	    CLIENT, &arena, &row, &err), 0);
	assert_string_equal(row.columns[0], "v");
	drop("-k");
	assert_true(miss("-k"));
	drop("-k");
	assert_true(miss("-k"));
	drop("-k");
	assert_int_equal(look_up(&arena, "-k", &row, &err), -1);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ttl),
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
		TEST(test_put)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
