/* SPDX-License-Identifier: ISC */
/* A cache, the database that it queries, and its clock. */
#ifndef CREEL_TESTS_UNIT_CACHE_STAGE_H
#define CREEL_TESTS_UNIT_CACHE_STAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "db/cache.h"

#define TTL 1000
#define CLIENT "192.0.2.1"

/* The number of queries, and the behaviour of the database. */
struct stage_db {
	atomic_int queries;
	enum err_code failure;
	void (*meanwhile)(void);	/* called during a look-up */
	const char *_Atomic suffix;	/* of the row's text */
	atomic_bool slow;		/* look-ups wait until it is false */
};

extern struct stage_db db;
extern _Atomic int64_t now;
extern struct cache *cache;
extern struct arena arena;

/* Before and after each test, which begins with a cache of 64 entries. */
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* Replaces the cache. */
void cache_make(int64_t entries, int64_t rate);

int look_up(struct arena *, const char *key, struct cache_row *, struct err *);
/* Looks a key up and checks the row; returns whether the cache missed,
 * and so queried the database. */
bool miss(const char *key);
void drop(const char *key);
const char *numbered(const char *prefix, int n);

#endif
