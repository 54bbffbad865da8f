/* SPDX-License-Identifier: ISC */
/* Shares of a limited number of bytes. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/hashmap.h"
#include "base/mem.h"
#include "base/share.h"

struct share_owner {
	struct hashmap_entry entry;
	int64_t bytes;
	int64_t users;		/* shares with bytes */
};

struct shares {
	int64_t max;
	pthread_mutex_t lock;	/* guards what follows */
	int64_t bytes;
	struct hashmap owners;	/* that hold bytes */
};

struct shares *
shares_new(int64_t max)
{
	struct shares *s = mem_alloc(sizeof(*s));

	s->max = max;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
shares_free(struct shares **shares)
{
	if (*shares == NULL)
		return;
	pthread_mutex_destroy(&(*shares)->lock);
	free(*shares);
	*shares = NULL;
}

static void
release(struct shares *s, struct share *share)
{
	struct share_owner *o = share->owner;

	if (o == NULL)
		return;
	s->bytes -= share->bytes;
	o->bytes -= share->bytes;
	if (--o->users == 0)
		hashmap_delete(&o->entry);
	share->owner = NULL;
	share->bytes = 0;
}

static enum share_outcome
take(struct shares *s, struct share *share, const char *owner, int64_t bytes)
{
	bool created, used;
	struct share_owner *o = hashmap_get(&s->owners, owner, sizeof(*o),
	    &created);
	int64_t before = o == share->owner ? share->bytes : 0;
	int64_t left;

	/* Counted first: the owner may have no other share. */
	o->users++;
	release(s, share);
	share->owner = o;
	left = s->max - s->bytes - bytes;
	used = o->bytes > 0 && o->bytes + bytes > left * SHARE_TIMES;
	if (bytes > before && (left < 0 || used)) {
		release(s, share);
		return used && (left >= 0 || o->bytes > s->bytes / 2) ?
		    SHARE_USED : SHARE_FULL;
	}
	share->bytes = bytes;
	o->bytes += bytes;
	s->bytes += bytes;
	return SHARE_TAKEN;
}

enum share_outcome
share_set(struct shares *s, struct share *share, const char *owner,
    int64_t bytes)
{
	enum share_outcome outcome = SHARE_TAKEN;

	/* A share at 0 bytes has no owner. */
	if (bytes == 0 && share->owner == NULL)
		return SHARE_TAKEN;
	pthread_mutex_lock(&s->lock);
	if (bytes == 0)
		release(s, share);
	else
		outcome = take(s, share, owner, bytes);
	pthread_mutex_unlock(&s->lock);
	return outcome;
}
