/* SPDX-License-Identifier: ISC */
/* Group commit: an inbox of events, and writers that store them in batches. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "db/array.h"
#include "db/batch.h"

#define BATCH_ITEMS 256			/* maximum of one transaction */
#define BATCH_BYTES (1 << 20)
#define JOIN_ITEMS 32			/* so many start another writer, */
#define JOIN_MS 20			/* as does one that waited so long */
#define ALIVE_MS 1000			/* since the last commit */
#define KEEP_BYTES (64 << 10)		/* larger buffers are released */

static const enum array_type column_types[BATCH__COLUMNS] = {
	[BATCH_APPLICATION] = ARRAY_TEXT,
	[BATCH_ID] = ARRAY_UUID,
	[BATCH_HOOK] = ARRAY_TEXT,
	[BATCH_RECEIVED] = ARRAY_TIMESTAMPTZ,
	[BATCH_METHOD] = ARRAY_TEXT,
	[BATCH_PATH] = ARRAY_TEXT,
	[BATCH_QUERY] = ARRAY_TEXT,
	[BATCH_HEADERS] = ARRAY_TEXT,
	[BATCH_TYPE] = ARRAY_TEXT,
	[BATCH_BODY] = ARRAY_BYTEA,
	[BATCH_PRINCIPAL] = ARRAY_TEXT,
	[BATCH_REMOTE] = ARRAY_TEXT,
	[BATCH_STATUS] = ARRAY_TEXT,
	[BATCH_PARSED] = ARRAY_TEXT,
	[BATCH_QUERY_JSON] = ARRAY_TEXT,
	[BATCH_REMARKS] = ARRAY_TEXT,
	[BATCH_WAITS] = ARRAY_TEXT,
	[BATCH_RETRY_OF] = ARRAY_UUID,
	[BATCH_TARGETS] = ARRAY_TEXT,
	[BATCH_READING] = ARRAY_TEXT,
	[BATCH_VALUE] = ARRAY_TEXT,
	[BATCH_KEY] = ARRAY_TEXT,
	[BATCH_FINGERPRINT] = ARRAY_BYTEA
};

/* The events of one transaction, and their columns. */
struct load {
	struct batch_item *items[BATCH_ITEMS];
	size_t n;
	bool keyed;			/* one of them has a key */
	bool taken;			/* from the inbox: counted as busy */
	bool stored;			/* the last batch, or a part of it */
	struct buf columns[BATCH__COLUMNS];
};

struct batch {
	struct batch_options options;

	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t filled;
	struct inbox inbox;
	int64_t busy;			/* writers that are storing a batch */
	int64_t stored;			/* clock_ms() of the last commit */
	bool stopping;

	pthread_t *threads;
	int64_t n_threads;
};

/* Counts all values: a body of a few bytes may have a large value, as
 * compressed ones do, a large parsed form, many targets, large headers or a
 * long query. */
static int64_t
item_bytes(const struct batch_item *item)
{
	size_t bytes = 0, c;

	for (c = 0; c < BATCH__COLUMNS; c++)
		bytes += item->values[c].len;
	return (int64_t)bytes;
}

/* Updates the metrics of the inbox.  The lock is held. */
static void
inbox_report(const struct batch *b)
{
	metrics_set(METRIC_QUEUE_EVENTS, b->inbox.items);
	metrics_set(METRIC_QUEUE_BYTES, b->inbox.bytes);
}

static struct batch_item *
item_of(struct inbox_item *inbox)
{
	return (struct batch_item *)((char *)inbox -
	    offsetof(struct batch_item, inbox));
}

/*
 * Returns whether a writer must take the events in the inbox.  The lock is
 * held.  While another writer commits, a few events wait for more, because a
 * transaction costs as much as several rows; but only for JOIN_MS, because that
 * writer may hang.
 */
static bool
inbox_is_due(const struct batch *b)
{
	const struct inbox_item *oldest = inbox_oldest(&b->inbox);

	return oldest != NULL && (b->busy == 0 ||
	    b->inbox.items >= JOIN_ITEMS || b->inbox.bytes >= BATCH_BYTES ||
	    clock_ms() >= oldest->since + JOIN_MS);
}

/* Waits for a signal, or until the first event has waited long enough. */
static void
inbox_wait(struct batch *b)
{
	const struct inbox_item *oldest = inbox_oldest(&b->inbox);

	if (oldest == NULL)
		pthread_cond_wait(&b->filled, &b->lock);
	else
		clock_cond_wait(&b->filled, &b->lock, oldest->since + JOIN_MS);
}

/* Waits for events and takes a batch of them; returns false at the end. */
static bool
inbox_take(struct batch *b, struct load *load)
{
	int64_t room = INT64_MAX;	/* any first event */
	struct inbox_item *item;
	int64_t bytes = 0;

	pthread_mutex_lock(&b->lock);
	b->busy -= load->taken;
	if (load->stored)
		b->stored = clock_ms();
	load->n = 0;
	while (!inbox_is_due(b) && !b->stopping)
		inbox_wait(b);
	while (load->n < BATCH_ITEMS &&
	    (item = inbox_pop(&b->inbox, room)) != NULL) {
		load->items[load->n++] = item_of(item);
		bytes += item->bytes;
		room = BATCH_BYTES - bytes;
	}
	load->taken = load->n > 0;
	b->busy += load->taken;
	inbox_report(b);
	if (inbox_is_due(b))
		pthread_cond_signal(&b->filled);
	pthread_mutex_unlock(&b->lock);
	return load->n > 0;
}

/* Writes the columns as arrays, with an element per item. */
static void
load_encode(struct load *load)
{
	const struct batch_item *item;
	size_t c, i;

	load->keyed = false;
	for (c = 0; c < BATCH__COLUMNS; c++) {
		load->columns[c].len = 0;
		array_begin(&load->columns[c], column_types[c], load->n);
		for (i = 0; i < load->n; i++) {
			item = load->items[i];
			array_add(&load->columns[c], column_types[c],
			    item->values[c].data, item->values[c].len);
		}
	}
	for (i = 0; i < load->n; i++)
		load->keyed |= load->items[i]->values[BATCH_KEY].data != NULL;
}

static void
load_value(const struct load *load, enum batch_column c, struct pg_value *out)
{
	out->data = load->columns[c].data;
	out->len = load->columns[c].len;
	out->binary = true;
}

static void
load_trim(struct load *load)
{
	size_t c;

	for (c = 0; c < BATCH__COLUMNS; c++)
		if (load->columns[c].size > KEEP_BYTES)
			buf_release(&load->columns[c]);
}

/* The columns that identify a call with a key: those of DEDUPE_FIND. */
static const enum batch_column key_columns[] = { BATCH_APPLICATION, BATCH_HOOK,
    BATCH_PRINCIPAL, BATCH_KEY, BATCH_FINGERPRINT };

#define KEY_COLUMNS (sizeof(key_columns) / sizeof(key_columns[0]))

/* Stores the events in one transaction.  If there are keys, a second statement
 * finds the event of each: a row that another transaction has just committed is
 * not visible to the statement that conflicts with it. */
static int
load_store(struct pg *db, struct load *load, struct pg_result **firsts,
    struct err *err)
{
	struct pg_value values[BATCH__COLUMNS], keys[KEY_COLUMNS];
	size_t c;

	metrics_observe(METRIC_BATCH, (int64_t)load->n);
	load_encode(load);
	for (c = 0; c < BATCH__COLUMNS; c++)
		load_value(load, c, &values[c]);
	if (!load->keyed)
		return pg_run(db, SQL_EVENT_STORE, values, NULL, err);
	for (c = 0; c < KEY_COLUMNS; c++)
		load_value(load, key_columns[c], &keys[c]);
	if (pg_run(db, SQL_EVENT_STORE_KEYED, values, NULL, err) < 0)
		return -1;
	if (pg_run(db, SQL_DEDUPE_FIND, keys, firsts, err) < 0)
		return -1;
	return pg_rows(*firsts) == load->n ? 0 : err_set(err, ERR_INTERNAL,
	    "%zu rows instead of %zu", pg_rows(*firsts), load->n);
}

/* Returns whether an item was stored that has lost its key. */
static bool
is_stored(struct pg *db, const struct batch_item *item)
{
	const struct pg_value values[] = {
		PG_TEXT(item->values[BATCH_APPLICATION].data),
		PG_TEXT(item->values[BATCH_ID].data)
	};
	struct pg_result *row = NULL;
	struct err err;
	bool found = pg_run(db, SQL_EVENT_STORED, values, &row, &err) == 0 &&
	    pg_rows(row) > 0;

	pg_result_free(&row);
	return found;
}

/* Returns the event of a committed item.  NULL and err if the item was not
 * stored and is not the same call as one that was. */
static const char *
item_event(struct pg *db, const struct batch_item *item,
    const struct pg_result *firsts, size_t i, struct err *err)
{
	const char *event;

	if (item->values[BATCH_KEY].data == NULL)
		return item->values[BATCH_ID].data;
	event = pg_text(firsts, i, 0);
	/* The key was deleted between the two statements: with its application,
	 * or because it expired. */
	if (event == NULL && is_stored(db, item))
		return item->values[BATCH_ID].data;
	if (event == NULL)
		err_set(err, ERR_UNAVAILABLE, "the key's event was deleted");
	else if (strcmp(pg_text(firsts, i, 1), "true") != 0)
		err_set(err, ERR_KEY_REUSED, "idempotency key: already used "
		    "by event %s with another method, path, query or body",
		    event);
	else
		return event;
	return NULL;
}

static void
load_notify(struct pg *db, const struct load *load,
    const struct pg_result *firsts, const struct err *err)
{
	const char *event = NULL;
	struct err own;
	size_t i;

	for (i = 0; i < load->n; i++) {
		if (err == NULL)
			event = item_event(db, load->items[i], firsts, i,
			    &own);
		load->items[i]->on_commit(load->items[i], event,
		    err == NULL && event == NULL ? &own : err);
	}
}

/* Returns whether the database rejected some row rather than all of them. */
static bool
is_poisoned(const struct load *load, enum err_code code)
{
	return load->n > 1 && code != ERR_UNAVAILABLE &&
	    code != ERR_UNCERTAIN && code != ERR_CONFIG;
}

/* Stores the events and notifies their owners.  If a row is rejected, each is
 * stored in a transaction of its own, so that an invalid row fails alone. */
static void
load_write(struct pg *db, struct load *load)
{
	struct pg_result *firsts = NULL;
	struct batch_item *items[BATCH_ITEMS];
	struct err err;
	size_t i, n = load->n;
	int rc = load_store(db, load, &firsts, &err);

	load->stored = rc == 0;
	if (rc == 0 || !is_poisoned(load, err.code)) {
		load_notify(db, load, firsts, rc == 0 ? NULL : &err);
		pg_result_free(&firsts);
		return;
	}
	log_warn("batch of %zu events rejected, storing them one by one: %s",
	    n, err.text);
	pg_result_free(&firsts);
	memcpy(items, load->items, n * sizeof(items[0]));
	for (i = 0; i < n; i++) {
		load->items[0] = items[i];
		load->n = 1;
		load_write(db, load);
	}
}

static void
load_init(struct load *load)
{
	size_t c;

	load->n = 0;
	load->taken = load->stored = false;
	for (c = 0; c < BATCH__COLUMNS; c++)
		buf_init(&load->columns[c]);
}

static void
load_release(struct load *load)
{
	size_t c;

	for (c = 0; c < BATCH__COLUMNS; c++)
		buf_release(&load->columns[c]);
}

static void *
write_batches(void *arg)
{
	struct batch *b = arg;
	struct pg *db = pg_open(&b->options.pg);
	struct load load;

	load_init(&load);
	while (inbox_take(b, &load)) {
		load_write(db, &load);
		load_trim(&load);
	}
	load_release(&load);
	pg_close(&db);
	return NULL;
}

void
batch_write(struct pg *db, struct batch_item *item)
{
	struct load load;

	load_init(&load);
	load.items[load.n++] = item;
	load_write(db, &load);
	load_release(&load);
}

int
batch_start(const struct batch_options *options, struct batch **out,
    struct err *err)
{
	struct batch *b = mem_alloc(sizeof(*b));
	int rc = 0;

	b->options = *options;
	inbox_init(&b->inbox, options->items, options->bytes);
	b->threads = mem_alloc((size_t)options->writers *
	    sizeof(*b->threads));
	pthread_mutex_init(&b->lock, NULL);
	clock_cond_init(&b->filled);
	while (b->n_threads < options->writers && rc == 0) {
		rc = pthread_create(&b->threads[b->n_threads], NULL,
		    write_batches, b);
		b->n_threads += rc == 0;
	}
	*out = b;
	if (rc == 0)
		return 0;
	batch_stop(out);
	return err_set(err, ERR_INTERNAL, "threads: %s", strerror(rc));
}

void
batch_stop(struct batch **batch)
{
	struct batch *b = *batch;

	if (b == NULL)
		return;
	pthread_mutex_lock(&b->lock);
	b->stopping = true;
	pthread_cond_broadcast(&b->filled);
	pthread_mutex_unlock(&b->lock);
	while (b->n_threads > 0)
		pthread_join(b->threads[--b->n_threads], NULL);
	pthread_cond_destroy(&b->filled);
	pthread_mutex_destroy(&b->lock);
	free(b->threads);
	free(b);
	*batch = NULL;
}

/* Returns -1 and err for an event that was not added.  The database is to blame
 * while it commits nothing, and not the application. */
static int
outcome_err(const struct batch *b, enum inbox_outcome outcome, struct err *err)
{
	if (outcome == INBOX_ADDED)
		return 0;
	if (outcome == INBOX_SHARE && clock_ms() < b->stored + ALIVE_MS)
		return err_set(err, ERR_RATE, "too many events of the "
		    "application are waiting (queue_events, queue_bytes)");
	return err_set(err, ERR_UNAVAILABLE,
	    "too many events are waiting for the database");
}

int
batch_submit(struct batch *b, struct batch_item *item, struct err *err)
{
	enum inbox_outcome outcome;
	int rc;

	item->inbox.application = item->values[BATCH_APPLICATION].data;
	item->inbox.bytes = item_bytes(item);
	pthread_mutex_lock(&b->lock);
	outcome = inbox_add(&b->inbox, &item->inbox);
	rc = outcome_err(b, outcome, err);
	if (rc == 0) {
		inbox_report(b);
		/* A writer must watch the first event's JOIN_MS. */
		if (inbox_is_due(b) || b->inbox.items == 1)
			pthread_cond_signal(&b->filled);
	}
	pthread_mutex_unlock(&b->lock);
	return rc;
}

void
batch_expire(struct batch *b)
{
	int64_t before = clock_ms() - b->options.pg.timeout;
	struct inbox_items late = TAILQ_HEAD_INITIALIZER(late);
	struct inbox_item *item;
	struct err err;

	pthread_mutex_lock(&b->lock);
	while ((item = inbox_oldest(&b->inbox)) != NULL &&
	    item->since <= before) {
		inbox_remove(&b->inbox, item);
		TAILQ_INSERT_TAIL(&late, item, arrival);
	}
	inbox_report(b);
	pthread_mutex_unlock(&b->lock);
	if (!TAILQ_EMPTY(&late))
		err_set(&err, ERR_UNAVAILABLE,
		    "timed out waiting for the database");
	while ((item = TAILQ_FIRST(&late)) != NULL) {
		TAILQ_REMOVE(&late, item, arrival);
		item_of(item)->on_commit(item_of(item), NULL, &err);
	}
}
