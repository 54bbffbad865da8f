/* SPDX-License-Identifier: ISC */
/*
 * Cache of lookups: a statement's row under the statement and its parameters,
 * and the result of verifying a token under its hash.  There is one per
 * process, for all threads.  Keys without a row are cached separately: a flood
 * of unknown keys evicts only others of its kind, and queries the database no
 * more often than the rates of its network and of all.  Addresses that are
 * known (known.h) have no rate.
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
struct known;
struct rate;

struct cache_options {
	int64_t entries;	/* maximum rows; plus 1/4 for unknown keys */
	int64_t ttl;		/* milliseconds until a row expires */
	int64_t rate;		/* lookups of unknown keys per second, of all */
	int64_t network_rate;	/* and of a client's network */
	struct rate *rates;	/* which counts those; NULL: not limited */
	int64_t (*clock)(void);	/* milliseconds; NULL: CLOCK_MONOTONIC */
};

#define CACHE_ENTRY_BYTES 512	/* maximum size of a row, on average */
#define CACHE_COLUMNS_MAX 9

struct cache_row {
	bool found;
	bool fresh;		/* read from the database by this call */
	size_t n;
	const char *columns[CACHE_COLUMNS_MAX];	/* text; NULL: SQL's NULL */
};

struct cache *cache_new(const struct cache_options *);
void cache_free(struct cache **);
/* Returns the addresses that are known, which the listener loads. */
struct known *cache_known(struct cache *);

/*
 * Looks up the row of a statement that returns at most one; *out is in the
 * arena.  If threads miss the same row at the same time, one queries the
 * database and the others wait for the result.  A row that is dropped during
 * the query is not kept, and threads that wait query again.  Without a cache
 * (NULL) each call queries the database.  client is its IP address.  Returns
 * -1 as pg_run(), and with ERR_UNAVAILABLE above a rate; expired rows do not
 * count.
 */
int cache_lookup(struct cache *, struct pg *, enum sql_id,
    const struct pg_value *, const char *client, struct arena *,
    struct cache_row *out, struct err *);

/* Drops a row, so that the next lookup queries the database. */
void cache_drop(struct cache *, enum sql_id, const struct pg_value *);
/* Drops all rows. */
void cache_clear(struct cache *);

/* The same cache for values that come from no statement: space is their kind,
 * ttl their lifetime in milliseconds.  A NULL cache stores nothing. */
bool cache_get(struct cache *, const char *space, const char *key,
    struct arena *, struct cache_row *out);
void cache_put(struct cache *, const char *space, const char *key,
    const struct cache_row *, int64_t ttl);

#endif
