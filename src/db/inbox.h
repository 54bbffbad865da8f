/* SPDX-License-Identifier: ISC */
/*
 * The inbox of the group commit: events that wait for a writer, in a queue for
 * each application.  Applications take turns, each for about the same number of
 * bytes, so that one with many or large events delays the others by a turn and
 * not by its queue (deficit round-robin: Shreedhar and Varghese, 1996).  What
 * an application may occupy shrinks with the room that is left, so that there
 * is always some for others (dynamic thresholds: Choudhury and Hahne, 1998).
 * The caller locks the inbox.
 */
#ifndef CREEL_DB_INBOX_H
#define CREEL_DB_INBOX_H

#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include "base/hashmap.h"

struct inbox_tenant;

/* An event.  The owner sets the first two members; application is valid as long
 * as the event is in the inbox. */
struct inbox_item {
	const char *application;
	int64_t bytes;

	int64_t since;		/* clock_ms() of inbox_add() */
	/* Private to inbox.c. */
	struct inbox_tenant *tenant;
	TAILQ_ENTRY(inbox_item) arrival;
	TAILQ_ENTRY(inbox_item) queue;
};

TAILQ_HEAD(inbox_items, inbox_item);
TAILQ_HEAD(inbox_turns, inbox_tenant);

struct inbox {
	int64_t max_items, max_bytes;
	int64_t items, bytes;
	/* Private to inbox.c. */
	struct inbox_items arrival;	/* all, the oldest first */
	struct inbox_turns turns;	/* applications with events */
	struct hashmap tenants;		/* likewise */
};

enum inbox_outcome {
	INBOX_ADDED,
	INBOX_FULL,		/* no room, because of others */
	INBOX_SHARE		/* the application occupies its share, or most
				 * of all */
};

/* The inbox is zeroed. */
void inbox_init(struct inbox *, int64_t max_items, int64_t max_bytes);

/* Adds an event, unless the inbox or the share of its application is full. */
enum inbox_outcome inbox_add(struct inbox *, struct inbox_item *);

/* Removes and returns the next event; NULL if that has more than max_bytes, or
 * the inbox is empty. */
struct inbox_item *inbox_pop(struct inbox *, int64_t max_bytes);
/* Returns the event that has waited longest, or NULL. */
struct inbox_item *inbox_oldest(const struct inbox *);
void inbox_remove(struct inbox *, struct inbox_item *);

#endif
