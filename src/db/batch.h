/* SPDX-License-Identifier: ISC */
/*
 * Group commit.  Events wait in a bounded inbox; a writer takes whatever
 * queued while the last commit ran, writes it in one transaction, and tells
 * each event's owner.  The first event is taken at once; while one writer is at
 * work the others wait for some more, so that batches are large.
 */
#ifndef CREEL_DB_BATCH_H
#define CREEL_DB_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
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
	BATCH_REMARKS,		/* "": nothing to say */
	BATCH_WAITS,		/* "true": for a reply; or NULL */
	BATCH_RETRY_OF,		/* text of 36 characters, or NULL */
	BATCH_TARGETS,		/* an array's text, or NULL */
	BATCH_KEY,		/* the sender's own id for it, or NULL */
	BATCH__COLUMNS
};

struct batch;

/* An event on its way.  It and its values are the owner's, and stay until done
 * is called, exactly once, by a thread that is not the owner's. */
struct batch_item {
	struct {
		const void *data;	/* NULL: SQL's NULL */
		size_t len;
	} values[BATCH__COLUMNS];
	/* err NULL: committed.  first is the id of the event that stands for
	 * it: its own, or that of the first with the same key.  The text is
	 * good until done returns. */
	void (*on_commit)(struct batch_item *, const char *first,
	    const struct err *);
	void *ctx;

	struct batch_item *next;	/* the batch's own, as what follows */
	int64_t since;			/* of clock_ms(), in the inbox */
};

struct batch_options {
	struct pg_options pg;
	int64_t writers;
	int64_t items;		/* at most in the inbox */
	int64_t bytes;		/* of bodies and what they stand for, at most
				 * in the inbox */
};

/* Starts the writers.  *out is freed with batch_stop(). */
int batch_start(const struct batch_options *, struct batch **out,
    struct err *);
/* Writes what is in the inbox, ends the writers and frees everything. */
void batch_stop(struct batch **);

/* Puts an event into the inbox.  -1 with ERR_UNAVAILABLE when it is full; then
 * done is not called. */
int batch_submit(struct batch *, struct batch_item *, struct err *);

/* Gives up the events that have waited for the timeout of options.pg: done
 * gets ERR_UNAVAILABLE.  Called some times a second. */
void batch_expire(struct batch *);

/* Writes one event on a connection of the caller's; done is called before it
 * returns. */
void batch_write(struct pg *, struct batch_item *);

#endif
