/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>

#include "base/mem.h"
#include "cache_stage.h"

/* One row with the key's text and NULL, none, or a failure. */
struct pg_result {
	size_t rows;
	char *key;
};

struct stage_db db;
_Atomic int64_t now;
struct cache *cache;
struct arena arena;

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

void
cache_make(int64_t entries, int64_t rate)
{
	const struct cache_options options = { .entries = entries,
	    .ttl = TTL, .rate = rate, .clock = now_get };

	cache_free(&cache);
	cache = cache_new(&options);
	atomic_store(&db.asked, 0);
}

int
setup(void **state)
{
	(void)state;
	memset(&db, 0, sizeof(db));
	db.suffix = "";
	atomic_store(&now, 5000);
	cache_make(64, 1000000);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	cache_free(&cache);
	arena_release(&arena);
	return atomic_load(&db.open);
}

int
ask_in(struct arena *a, const char *key, struct cache_row *row,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(key) };

	err->code = ERR_NONE;
	return cache_lookup(cache, NULL, SQL_KEY_FIND, values, a, row, err);
}

bool
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

void
drop(const char *key)
{
	const struct pg_value values[] = { PG_TEXT(key) };

	cache_drop(cache, SQL_KEY_FIND, values);
}

const char *
numbered(const char *prefix, int n)
{
	return arena_printf(&arena, "%s%d", prefix, n);
}
