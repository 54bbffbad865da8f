/* SPDX-License-Identifier: ISC */
/* A cache, the database that it asks and the clock that it goes by. */
#ifndef CREEL_TESTS_UNIT_CACHE_STAGE_H
#define CREEL_TESTS_UNIT_CACHE_STAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "db/cache.h"

#define TTL 1000

/* What the database has seen, and what it does. */
struct stage_db {
	atomic_int asked;
	enum err_code failure;
	void (*meanwhile)(void);	/* while a look-up is under way */
	const char *_Atomic suffix;	/* of the row's text, as it began */
	atomic_bool slow;		/* look-ups wait until it is false */
};

extern struct stage_db db;
extern _Atomic int64_t now;
extern struct cache *cache;
extern struct arena arena;

/* Of each test; a cache of 64 entries is there. */
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* Another one instead of it. */
void cache_make(int64_t entries, int64_t rate);

int ask_in(struct arena *, const char *key, struct cache_row *, struct err *);
/* Looks a key up; what it gives is right, and whether it was asked for. */
bool asks(const char *key);
void drop(const char *key);
const char *numbered(const char *prefix, int n);

#endif
