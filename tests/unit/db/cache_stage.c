/* SPDX-License-Identifier: ISC */
/* A cache, the database that it queries, and its clock. */
#include <stdlib.h>
#include <string.h>

#include <sched.h>

#include "../unit.h"
#include "base/buf.h"
#include "cache_stage.h"
#include "result.h"

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
	struct buf text;

	(void)pg;
	atomic_fetch_add(&db.queries, 1);
	while (atomic_load(&db.slow))
		sched_yield();
	if (db.failure != ERR_NONE)
		return err_set(err, db.failure, "gone");
	buf_init(&text);
	buf_printf(&text, "%s%s", key == NULL ? "NULL" : key, suffix);
	*out = result_copy(&(struct pg_result){ .columns = { text.data, NULL,
	    "" }, .rows = key != NULL && key[0] == '-' ? 0 : 1 });
	buf_release(&text);
	if (db.meanwhile != NULL)
		db.meanwhile();
	return 0;
}

void
cache_make(int64_t entries, int64_t rate)
{
	const struct cache_options options = { .entries = entries,
	    .ttl = TTL, .rate = rate, .clock = now_get };

	cache_free(&cache);
	cache = cache_new(&options);
	atomic_store(&db.queries, 0);
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
	return atomic_load(&results_open);
}

int
look_up(struct arena *a, const char *key, struct cache_row *row,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(key) };

	err->code = ERR_NONE;
	return cache_lookup(cache, NULL, SQL_KEY_FIND, values, CLIENT, a, row,
	    err);
}

bool
miss(const char *key)
{
	int before = atomic_load(&db.queries);
	struct cache_row row;
	struct err err;

	assert_int_equal(look_up(&arena, key, &row, &err), 0);
	assert_int_equal(row.found, key[0] != '-');
	if (row.found) {
		assert_int_equal(row.n, RESULT_COLUMNS);
		assert_non_null(strstr(row.columns[0], key));
		assert_null(row.columns[1]);
		assert_string_equal(row.columns[2], "");
	}
	assert_int_equal(row.fresh, atomic_load(&db.queries) != before);
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
