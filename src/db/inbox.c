/* SPDX-License-Identifier: ISC */
/* Inbox of the group commit, in which applications take turns. */
#include <sys/queue.h>

#include <stdint.h>

#include "base/clock.h"
#include "base/share.h"
#include "db/inbox.h"

#define TURN_BYTES 16384	/* of an application's turn */
#define EVENT_BYTES 1024	/* an event costs as much without a body */

/* An application with events in the inbox. */
struct inbox_tenant {
	struct hashmap_entry entry;
	int64_t items, bytes;
	int64_t credit;		/* bytes that are left of its turn */
	struct inbox_items queue;
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

static enum inbox_outcome
room_for(const struct inbox *in, const struct inbox_tenant *t, int64_t bytes)
{
	int64_t items_left = in->max_items - in->items;
	int64_t bytes_left = in->max_bytes - in->bytes;

	if (items_left < 1 || bytes_left < bytes)
		return t->items > in->items / 2 || t->bytes > in->bytes / 2 ?
		    INBOX_SHARE : INBOX_FULL;
	if (t->items > 0 && (t->items >= items_left * SHARE_TIMES ||
	    t->bytes >= bytes_left * SHARE_TIMES))
		return INBOX_SHARE;
	return INBOX_ADDED;
}

/* An application without events has no turn, and is not kept. */
static void
tenant_release(struct inbox *in, struct inbox_tenant *t)
{
	if (t->items > 0)
		return;
	TAILQ_REMOVE(&in->turns, t, turn);
	hashmap_delete(&t->entry);
}

enum inbox_outcome
inbox_add(struct inbox *in, struct inbox_item *item)
{
	enum inbox_outcome outcome;
	struct inbox_tenant *t;
	bool created;

	t = hashmap_get(&in->tenants, item->application, sizeof(*t), &created);
	if (created) {
		TAILQ_INIT(&t->queue);
		TAILQ_INSERT_TAIL(&in->turns, t, turn);
	}
	outcome = room_for(in, t, item->bytes);
	if (outcome != INBOX_ADDED) {
		tenant_release(in, t);
		return outcome;
	}
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
	tenant_release(in, t);
}
