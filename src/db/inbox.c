/* SPDX-License-Identifier: ISC */
/* Inbox of the group commit, in which applications take turns. */
#include <sys/queue.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/inbox.h"

#define TURN_BYTES 16384	/* of an application's turn */
#define EVENT_BYTES 1024	/* an event costs as much without a body */
#define SHARE 4			/* of an application: times the room left */

/* An application with events in the inbox. */
struct inbox_tenant {
	char application[ID_OBJECT_SIZE];
	int64_t items, bytes;
	int64_t credit;		/* bytes that are left of its turn */
	struct inbox_items queue;
	LIST_ENTRY(inbox_tenant) chain;
	TAILQ_ENTRY(inbox_tenant) turn;
};

void
inbox_init(struct inbox *in, int64_t max_items, int64_t max_bytes)
{
	in->max_items = max_items;
	in->max_bytes = max_bytes;
	TAILQ_INIT(&in->arrival);
	TAILQ_INIT(&in->turns);
}

static struct inbox_bucket *
bucket_of(struct inbox *in, const char *application)
{
	uint32_t hash = 0;

	for (; *application != '\0'; application++)
		hash = hash * 31 + (unsigned char)*application;
	return &in->buckets[hash % INBOX_BUCKETS];
}

static struct inbox_tenant *
tenant_find(struct inbox *in, const char *application)
{
	struct inbox_tenant *t;

	LIST_FOREACH(t, bucket_of(in, application), chain)
		if (strcmp(t->application, application) == 0)
			return t;
	return NULL;
}

static struct inbox_tenant *
tenant_new(struct inbox *in, const char *application)
{
	struct inbox_tenant *t = mem_alloc(sizeof(*t));

	snprintf(t->application, sizeof(t->application), "%s", application);
	TAILQ_INIT(&t->queue);
	LIST_INSERT_HEAD(bucket_of(in, application), t, chain);
	TAILQ_INSERT_TAIL(&in->turns, t, turn);
	return t;
}

static enum inbox_outcome
room_for(const struct inbox *in, const struct inbox_tenant *t, int64_t bytes)
{
	int64_t items_left = in->max_items - in->items;
	int64_t bytes_left = in->max_bytes - in->bytes;

	if (items_left < 1 || bytes_left < bytes)
		return INBOX_FULL;
	if (t != NULL && (t->items >= items_left * SHARE ||
	    t->bytes >= bytes_left * SHARE))
		return INBOX_SHARE;
	return INBOX_ADDED;
}

enum inbox_outcome
inbox_add(struct inbox *in, struct inbox_item *item)
{
	struct inbox_tenant *t = tenant_find(in, item->application);
	enum inbox_outcome outcome = room_for(in, t, item->bytes);

	if (outcome != INBOX_ADDED)
		return outcome;
	if (t == NULL)
		t = tenant_new(in, item->application);
	item->tenant = t;
	item->since = clock_ms();
	TAILQ_INSERT_TAIL(&t->queue, item, queue);
	TAILQ_INSERT_TAIL(&in->arrival, item, arrival);
	t->items++;
	t->bytes += item->bytes;
	in->items++;
	in->bytes += item->bytes;
	return INBOX_ADDED;
}

static int64_t
cost(const struct inbox_item *item)
{
	return item->bytes + EVENT_BYTES;
}

/* Returns the application that has the turn, or NULL.  The credit of one with
 * large events grows for several turns. */
static struct inbox_tenant *
turn(struct inbox *in)
{
	struct inbox_tenant *t;

	while ((t = TAILQ_FIRST(&in->turns)) != NULL &&
	    t->credit < cost(TAILQ_FIRST(&t->queue))) {
		t->credit += TURN_BYTES;
		TAILQ_REMOVE(&in->turns, t, turn);
		TAILQ_INSERT_TAIL(&in->turns, t, turn);
	}
	return t;
}

struct inbox_item *
inbox_pop(struct inbox *in, int64_t max_bytes)
{
	struct inbox_tenant *t = turn(in);
	struct inbox_item *item;

	if (t == NULL || TAILQ_FIRST(&t->queue)->bytes > max_bytes)
		return NULL;
	item = TAILQ_FIRST(&t->queue);
	t->credit -= cost(item);
	inbox_remove(in, item);
	return item;
}

struct inbox_item *
inbox_oldest(const struct inbox *in)
{
	return TAILQ_FIRST(&in->arrival);
}

void
inbox_remove(struct inbox *in, struct inbox_item *item)
{
	struct inbox_tenant *t = item->tenant;

	TAILQ_REMOVE(&in->arrival, item, arrival);
	TAILQ_REMOVE(&t->queue, item, queue);
	in->items--;
	in->bytes -= item->bytes;
	t->items--;
	t->bytes -= item->bytes;
	if (t->items > 0)
		return;
	TAILQ_REMOVE(&in->turns, t, turn);
	LIST_REMOVE(t, chain);
	free(t);
}
