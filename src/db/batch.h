/* SPDX-License-Identifier: ISC */
/*
 * Group commit.  Events wait in a bounded inbox (inbox.h); a writer takes those
 * that arrived during the last commit, stores them in one transaction and
 * notifies each event's owner.  The first event is taken at once; while one
 * writer is busy, the others wait for more events, so that batches are large.
 */
#ifndef CREEL_DB_BATCH_H
#define CREEL_DB_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "db/inbox.h"
#include "db/pg.h"

/* The columns of the statements EVENT_STORE and EVENT_STORE_KEYED. */
enum batch_column {
	BATCH_APPLICATION,
	BATCH_ID,		/* text of 36 characters */
	BATCH_HOOK,
	BATCH_RECEIVED,		/* int64_t: microseconds since 1970 */
	BATCH_METHOD,
	BATCH_PATH,
	BATCH_QUERY,
	BATCH_HEADERS,
	BATCH_TYPE,
	BATCH_BODY,
	BATCH_PRINCIPAL,
	BATCH_REMOTE,
	BATCH_STATUS,
	BATCH_PARSED,		/* JSON, or NULL */
	BATCH_QUERY_JSON,	/* an object, or NULL */
	BATCH_REMARKS,		/* "" for none */
	BATCH_WAITS,		/* "true" if it waits for a reply, or NULL */
	BATCH_RETRY_OF,		/* text of 36 characters, or NULL */
	BATCH_TARGETS,		/* an array's text, or NULL */
	BATCH_READING,		/* what the body reads as, a word */
	BATCH_VALUE,		/* JSON, or NULL */
	BATCH_KEY,		/* the idempotency key, or NULL */
	BATCH_FINGERPRINT,	/* bytes, with a key, or NULL */
	BATCH__COLUMNS
};

struct batch;

/* An event in the inbox or a batch.  It and its values belong to the owner and
 * must stay valid until on_commit is called, exactly once, by a thread other
 * than the owner's. */
struct batch_item {
	struct {
		const void *data;	/* NULL: SQL's NULL */
		size_t len;
	} values[BATCH__COLUMNS];
	/* err is NULL if the event was committed.  first is its own ID, or that
	 * of the earlier event with the same key and fingerprint; it is valid
	 * until on_commit returns.  err is ERR_KEY_REUSED if the key belongs
	 * to an event with another fingerprint. */
	void (*on_commit)(struct batch_item *, const char *first,
	    const struct err *);
	void *ctx;

	struct inbox_item inbox;	/* private to batch.c */
};

struct batch_options {
	struct pg_options pg;
	int64_t writers;
	int64_t items;		/* maximum in the inbox */
	int64_t bytes;		/* maximum of bodies, parsed bodies, values and
				 * targets in the inbox */
};

/* Starts the writers.  The caller frees *out with batch_stop(). */
int batch_start(const struct batch_options *, struct batch **out,
    struct err *);
/* Stores the events in the inbox, ends the writers and frees everything. */
void batch_stop(struct batch **);

/* Puts an event into the inbox.  Returns -1 with ERR_UNAVAILABLE if it is full,
 * and with ERR_RATE if its application occupies its share while others are
 * stored; on_commit is not called then. */
int batch_submit(struct batch *, struct batch_item *, struct err *);

/* Removes the events that have waited for the timeout of options.pg; on_commit
 * gets ERR_UNAVAILABLE.  Called several times a second. */
void batch_expire(struct batch *);

/* Stores one event on the caller's connection; calls on_commit before it
 * returns. */
void batch_write(struct pg *, struct batch_item *);

#endif
