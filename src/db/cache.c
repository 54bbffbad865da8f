/* SPDX-License-Identifier: ISC */
/* Cache of database rows and verified tokens, with CLOCK eviction. */
#include <sys/queue.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "db/budget.h"
#include "db/cache.h"
#include "db/known.h"

#define SHARDS 16
#define SHARDED_FROM 1024	/* entries; fewer use a single shard */
#define LARGE 8			/* no row takes more than 1/8 of a ring */
#define BLOCK_BYTES 32		/* malloc's overhead for key and value */
#define HASH_PRIME UINT64_C(0x7fffffff)

/* Rows that exist, and keys without a row. */
enum class { KNOWN, UNKNOWN, CLASS__COUNT };

/*
 * An entry is in its bucket and in the ring of its class as long as it lives.
 * While a thread queries the database for it or waits, it is not evicted.
 */
struct entry {
	LIST_ENTRY(entry) chain;
	TAILQ_ENTRY(entry) ring;
	enum class class;
	bool used;		/* since the hand passed by */
	bool pending;		/* a thread queries the database */
	bool dropped;		/* during that query */
	enum err_code failed;	/* outcome of the query */
	unsigned waiters;
	int64_t expires;	/* in milliseconds; 0: has expired */
	char *value;		/* packed columns; empty: no such row */
	size_t value_len;
	uint32_t hash;
	size_t key_len;
	char key[];
};

/* The CLOCK algorithm's ring: its hand is before the first entry. */
struct ring {
	TAILQ_HEAD(, entry) entries;
	size_t count, max_count;
	size_t bytes, max_bytes;
};

/* A lookup. */
struct request {
	enum sql_id sql;
	const struct pg_value *values;
	const char *client;
	struct arena *arena;
	struct buf key;
};

LIST_HEAD(bucket, entry);

struct shard {
	pthread_mutex_t lock;		/* guards all of it */
	pthread_cond_t answered;
	struct ring rings[CLASS__COUNT];
	struct bucket *buckets;
	size_t n_buckets;
};

struct cache {
	struct cache_options options;
	struct budget budget;
	uint64_t seed;			/* of the hash, below HASH_PRIME */
	size_t n_shards;
	struct shard shards[SHARDS];
};

/* The metrics' names for the rows of these statements, and the kind of address
 * that they look up: "" is the kind in the first parameter, NULL no address, so
 * that the client has a valid credential and needs no budget. */
static const struct {
	const char *name;
	const char *kind;
} lookups[SQL__COUNT] = {
	[SQL_ADDRESS_FIND] = { "hook", "" },
	[SQL_KEY_FIND] = { "key", "key" },
	[SQL_APPLICATION_ORGANIZATION] = { "application", NULL }
};

static void
shard_init(struct shard *s, size_t entries)
{
	static const size_t parts[CLASS__COUNT] = { 1, 4 };
	struct ring *r;
	size_t i;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->answered, NULL);
	for (i = 0; i < CLASS__COUNT; i++) {
		r = &s->rings[i];
		TAILQ_INIT(&r->entries);
		r->max_count = (entries + parts[i] - 1) / parts[i];
		r->max_bytes = r->max_count * CACHE_ENTRY_BYTES;
		s->n_buckets += r->max_count;
	}
	s->buckets = mem_alloc(s->n_buckets * sizeof(*s->buckets));
}

struct cache *
cache_new(const struct cache_options *options)
{
	struct cache *c = mem_alloc(sizeof(*c));
	size_t entries = (size_t)options->entries, i;
	uint32_t seed;

	c->options = *options;
	if (c->options.clock == NULL)
		c->options.clock = clock_ms;
	id_random(&seed, sizeof(seed));
	c->seed = HASH_PRIME / 2 + seed % (HASH_PRIME / 2);
	c->budget = (struct budget){ .rate = options->rate,
	    .network_rate = options->network_rate, .rates = options->rates,
	    .known = known_new(), .clock = c->options.clock };
	budget_init(&c->budget);
	c->n_shards = entries < SHARDED_FROM ? 1 : SHARDS;
	for (i = 0; i < c->n_shards; i++)
		shard_init(&c->shards[i], (entries + c->n_shards - 1) /
		    c->n_shards);
	return c;
}

static size_t
entry_bytes(const struct entry *e)
{
	return sizeof(*e) + e->key_len + e->value_len + BLOCK_BYTES;
}

static void
ring_remove(struct shard *s, struct entry *e)
{
	struct ring *r = &s->rings[e->class];

	TAILQ_REMOVE(&r->entries, e, ring);
	r->count--;
	r->bytes -= entry_bytes(e);
}

static void
entry_free(struct shard *s, struct entry *e)
{
	ring_remove(s, e);
	LIST_REMOVE(e, chain);
	free(e->value);
	free(e);
}

/* Adds an entry behind the hand and evicts others if there is no room. */
static void
ring_add(struct shard *s, struct entry *e)
{
	struct ring *r = &s->rings[e->class];
	size_t bytes = entry_bytes(e), left = 2 * r->count;
	struct entry *hand;

	for (; left > 0 && (r->count >= r->max_count ||
	    r->bytes + bytes > r->max_bytes); left--) {
		hand = TAILQ_FIRST(&r->entries);
		if (hand->used || hand->pending || hand->waiters > 0) {
			hand->used = false;
			TAILQ_REMOVE(&r->entries, hand, ring);
			TAILQ_INSERT_TAIL(&r->entries, hand, ring);
		} else {
			entry_free(s, hand);
		}
	}
	TAILQ_INSERT_TAIL(&r->entries, e, ring);
	r->count++;
	r->bytes += bytes;
}

void
cache_free(struct cache **cache)
{
	struct cache *c = *cache;
	struct shard *s;
	struct entry *e;
	size_t i, class;

	if (c == NULL)
		return;
	for (i = 0; i < c->n_shards; i++) {
		s = &c->shards[i];
		for (class = 0; class < CLASS__COUNT; class++)
			while ((e = TAILQ_FIRST(&s->rings[class].entries)) !=
			    NULL)
				entry_free(s, e);
		free(s->buckets);
		pthread_cond_destroy(&s->answered);
		pthread_mutex_destroy(&s->lock);
	}
	known_free(&c->budget.known);
	free(c);
	*cache = NULL;
}

struct known *
cache_known(struct cache *c)
{
	return c->budget.known;
}

/* Appends a text to a packed list: '=' and the text, unless it is NULL, and a
 * NUL. */
static void
pack(struct buf *buf, const char *text)
{
	if (text != NULL) {
		buf_addch(buf, '=');
		buf_addstr(buf, text);
	}
	buf_addch(buf, '\0');
}

static void
unpack(const char *packed, size_t len, struct arena *arena,
    struct cache_row *out)
{
	const char *at, *end;

	memset(out, 0, sizeof(*out));
	at = arena_copy(arena, packed, len);
	end = at + len;
	for (out->found = len > 0; at < end && out->n < CACHE_COLUMNS_MAX;
	    at += strlen(at) + 1)
		out->columns[out->n++] = *at == '=' ? at + 1 : NULL;
}

static void
statement_key(struct buf *key, enum sql_id id, const struct pg_value *values)
{
	int i;

	buf_init(key);
	pack(key, sql_statements[id].name);
	for (i = 0; i < sql_statements[id].params; i++)
		pack(key, values[i].data);
}

static void
space_key(struct buf *key, const char *space, const char *name)
{
	buf_init(key);
	pack(key, space);
	pack(key, name);
}

/* Spreads all bits to the few that select a shard and a bucket: the hashes of
 * similar keys may be adjacent. */
static uint32_t
mix(uint32_t h)
{
	h = (h ^ h >> 16) * UINT32_C(0x7feb352d);
	h = (h ^ h >> 15) * UINT32_C(0x846ca68b);
	return h ^ h >> 16;
}

/* A polynomial at a secret point, modulo a prime: clients choose keys, but
 * cannot choose keys that fall into one bucket. */
static uint32_t
key_hash(const struct cache *c, const struct buf *key)
{
	uint64_t h = key->len;
	size_t i;

	for (i = 0; i < key->len; i++)
		h = (h * c->seed + (unsigned char)key->data[i]) % HASH_PRIME;
	return mix((uint32_t)h);
}

/* Returns the shard of a key, locked. */
static struct shard *
shard_lock(struct cache *c, uint32_t hash)
{
	struct shard *s = &c->shards[hash % c->n_shards];

	pthread_mutex_lock(&s->lock);
	return s;
}

static struct bucket *
bucket_of(struct shard *s, uint32_t hash)
{
	return &s->buckets[hash / SHARDS % s->n_buckets];
}

static struct entry *
entry_find(struct shard *s, const struct buf *key, uint32_t hash)
{
	struct entry *e;

	LIST_FOREACH(e, bucket_of(s, hash), chain)
		if (e->hash == hash && e->key_len == key->len &&
		    memcmp(e->key, key->data, key->len) == 0)
			return e;
	return NULL;
}

static struct entry *
entry_new(struct shard *s, const struct buf *key, uint32_t hash)
{
	struct entry *e = mem_alloc(sizeof(*e) + key->len);

	e->class = UNKNOWN;
	e->hash = hash;
	e->key_len = key->len;
	memcpy(e->key, key->data, key->len);
	LIST_INSERT_HEAD(bucket_of(s, hash), e, chain);
	ring_add(s, e);
	return e;
}

static void
entry_fill(struct shard *s, struct entry *e, const struct buf *row,
    int64_t expires)
{
	bool fits;

	ring_remove(s, e);
	e->class = row->len > 0 ? KNOWN : UNKNOWN;
	e->value_len = row->len;
	fits = entry_bytes(e) <= s->rings[e->class].max_bytes / LARGE;
	if (!fits)
		e->value_len = 0;
	e->value = mem_resize(e->value, e->value_len);
	if (e->value_len > 0)
		memcpy(e->value, row->data, e->value_len);
	e->expires = fits ? expires : 0;
	ring_add(s, e);
}

/* Returns whether a client may query for a row that is not in the cache. */
static bool
may_query(struct cache *c, const struct request *r)
{
	const char *kind = lookups[r->sql].kind, *handle;

	if (kind == NULL)
		return true;
	if (*kind == '\0')
		kind = r->values[0].data;
	handle = r->values[sql_statements[r->sql].params - 1].data;
	return budget_take(&c->budget, kind == NULL ? "" : kind,
	    handle == NULL ? "" : handle, r->client);
}

/* Waits while another thread queries the database for the same row. */
static int
entry_wait(struct shard *s, struct entry *e, struct err *err)
{
	e->waiters++;
	while (e->pending)
		pthread_cond_wait(&s->answered, &s->lock);
	e->waiters--;
	if (e->failed == ERR_NONE)
		return 0;
	return err_set(err, e->failed,
	    "database: the same lookup failed for another request");
}

/* Returns 1 if *out is the row, 0 if the caller must query for *entry, or -1
 * with err. */
static int
entry_begin(struct cache *c, struct shard *s, const struct request *r,
    uint32_t hash, struct entry **entry, struct cache_row *out, struct err *err)
{
	const struct buf *key = &r->key;
	struct entry *e;

	while ((e = entry_find(s, key, hash)) != NULL && e->pending)
		if (entry_wait(s, e, err) < 0)
			return -1;
	if (e != NULL && e->expires > c->options.clock()) {
		e->used = true;
		unpack(e->value, e->value_len, r->arena, out);
		return 1;
	}
	if ((e == NULL || e->class == UNKNOWN) && !may_query(c, r))
		return err_set(err, ERR_UNAVAILABLE, "too many lookups of "
		    "unknown keys (lookup_rate, lookup_rate_network)");
	if (e == NULL)
		e = entry_new(s, key, hash);
	e->pending = true;
	e->dropped = false;
	e->failed = ERR_NONE;
	*entry = e;
	return 0;
}

static void
entry_end(struct shard *s, struct entry *e, const struct buf *row,
    int64_t expires, enum err_code failed)
{
	e->failed = failed;
	if (failed == ERR_NONE)
		entry_fill(s, e, row, e->dropped ? 0 : expires);
	e->pending = false;
	pthread_cond_broadcast(&s->answered);
}

/* Queries the database; row stays empty if there is no such row. */
static int
query(struct pg *db, enum sql_id id, const struct pg_value *values,
    struct buf *row, struct err *err)
{
	struct pg_result *res = NULL;
	size_t i;

	if (pg_run(db, id, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) > 0)
		for (i = 0; i < pg_columns(res); i++)
			pack(row, pg_text(res, 0, i));
	pg_result_free(&res);
	return 0;
}

static int
lookup(struct cache *c, struct pg *db, const struct request *r,
    struct cache_row *out, struct err *err)
{
	uint32_t hash = key_hash(c, &r->key);
	struct shard *s = shard_lock(c, hash);
	struct entry *e = NULL;
	struct buf row;
	/* Counted from before the query: the row may change after it. */
	int64_t expires = c->options.clock() + c->options.ttl;
	int rc = entry_begin(c, s, r, hash, &e, out, err);

	pthread_mutex_unlock(&s->lock);
	metrics_count(METRIC_CACHE, lookups[r->sql].name, rc > 0 ? "hit" :
	    rc == 0 ? "miss" : "refused");
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	buf_init(&row);
	rc = query(db, r->sql, r->values, &row, err);
	pthread_mutex_lock(&s->lock);
	entry_end(s, e, &row, expires, rc < 0 ? err->code : ERR_NONE);
	pthread_mutex_unlock(&s->lock);
	if (rc == 0)
		unpack(row.data, row.len, r->arena, out);
	out->fresh = rc == 0;
	buf_release(&row);
	return rc;
}

int
cache_lookup(struct cache *c, struct pg *db, enum sql_id id,
    const struct pg_value *values, const char *client, struct arena *arena,
    struct cache_row *out, struct err *err)
{
	struct request r = { id, values, client, arena, { 0 } };
	struct buf row;
	int rc;

	if (c != NULL) {
		statement_key(&r.key, id, values);
		rc = lookup(c, db, &r, out, err);
		buf_release(&r.key);
		return rc;
	}
	buf_init(&row);
	rc = query(db, id, values, &row, err);
	if (rc == 0)
		unpack(row.data, row.len, arena, out);
	out->fresh = rc == 0;
	buf_release(&row);
	return rc;
}

static void
entry_drop(struct entry *e)
{
	e->expires = 0;
	e->dropped = true;
}

void
cache_drop(struct cache *c, enum sql_id id, const struct pg_value *values)
{
	struct shard *s;
	struct entry *e;
	struct buf key;
	uint32_t hash;

	statement_key(&key, id, values);
	hash = key_hash(c, &key);
	s = shard_lock(c, hash);
	if ((e = entry_find(s, &key, hash)) != NULL)
		entry_drop(e);
	pthread_mutex_unlock(&s->lock);
	buf_release(&key);
}

void
cache_clear(struct cache *c)
{
	struct shard *s = c->shards;
	struct entry *e;
	size_t class;

	for (; s < c->shards + c->n_shards; s++) {
		pthread_mutex_lock(&s->lock);
		for (class = 0; class < CLASS__COUNT; class++)
			TAILQ_FOREACH(e, &s->rings[class].entries, ring)
				entry_drop(e);
		pthread_mutex_unlock(&s->lock);
	}
}

bool
cache_get(struct cache *c, const char *space, const char *name,
    struct arena *arena, struct cache_row *out)
{
	struct shard *s;
	struct entry *e;
	struct buf key;
	uint32_t hash;
	bool found;

	if (c == NULL)
		return false;
	space_key(&key, space, name);
	hash = key_hash(c, &key);
	s = shard_lock(c, hash);
	e = entry_find(s, &key, hash);
	found = e != NULL && e->expires > c->options.clock();
	if (found) {
		e->used = true;
		unpack(e->value, e->value_len, arena, out);
	}
	pthread_mutex_unlock(&s->lock);
	metrics_count(METRIC_CACHE, space, found ? "hit" : "miss");
	buf_release(&key);
	return found;
}

void
cache_put(struct cache *c, const char *space, const char *name,
    const struct cache_row *row, int64_t ttl)
{
	struct shard *s;
	struct entry *e;
	struct buf key, value;
	uint32_t hash;
	size_t i;

	if (c == NULL || ttl <= 0)
		return;
	space_key(&key, space, name);
	buf_init(&value);
	for (i = 0; i < row->n; i++)
		pack(&value, row->columns[i]);
	hash = key_hash(c, &key);
	s = shard_lock(c, hash);
	if ((e = entry_find(s, &key, hash)) == NULL)
		e = entry_new(s, &key, hash);
	entry_fill(s, e, &value, c->options.clock() + ttl);
	pthread_mutex_unlock(&s->lock);
	buf_release(&key);
	buf_release(&value);
}
