/* SPDX-License-Identifier: ISC */
/*
 * What look-ups gave, kept for a while: a statement's row under the statement
 * and its parameters, and what was found out about a token under its hash.
 * One a process, for all threads.  That there is no such row is kept too, but
 * apart: a flood of unknown keys evicts only others of its kind, and asks the
 * database no more often than the rate.
 */
#ifndef CREEL_DB_CACHE_H
#define CREEL_DB_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "db/pg.h"

struct cache;

struct cache_options {
	int64_t entries;	/* rows at most; a quarter more are unknowns */
	int64_t ttl;		/* milliseconds that a row is believed */
	int64_t rate;		/* look-ups of unknowns a second */
	int64_t (*clock)(void);	/* milliseconds; NULL: CLOCK_MONOTONIC */
};

#define CACHE_ENTRY_BYTES 512	/* what a row may take, on average */
#define CACHE_COLUMNS_MAX 9

struct cache_row {
	bool found;
	bool fresh;		/* came from the database, for this caller */
	size_t n;
	const char *columns[CACHE_COLUMNS_MAX];	/* text; NULL: SQL's NULL */
};

struct cache *cache_new(const struct cache_options *);
void cache_free(struct cache **);

/*
 * The row of a statement that gives at most one, in the arena.  Of threads
 * that miss the same row at once one asks, the others wait for its answer; a
 * row that was dropped meanwhile is not kept, and those that came after the
 * drop ask anew.  Without a cache (NULL) the database is asked.  -1 as
 * pg_run(), and with ERR_UNAVAILABLE above the rate, which what was known a
 * moment ago does not count against.
 */
int cache_lookup(struct cache *, struct pg *, enum sql_id,
    const struct pg_value *, struct arena *, struct cache_row *out,
    struct err *);

/* The row is looked up anew when it is next asked for. */
void cache_drop(struct cache *, enum sql_id, const struct pg_value *);
/* All rows are. */
void cache_clear(struct cache *);

/* The same store for what is found out without a statement: space says what
 * kind of thing, ttl (milliseconds) how long it is good.  A cache that is
 * NULL keeps nothing. */
bool cache_get(struct cache *, const char *space, const char *key,
    struct arena *, struct cache_row *out);
void cache_put(struct cache *, const char *space, const char *key,
    const struct cache_row *, int64_t ttl);

#endif
