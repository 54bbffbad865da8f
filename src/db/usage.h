/* SPDX-License-Identifier: ISC */
/*
 * What applications use, and their quotas.  A process counts in memory, and
 * checks each call there; once a second it reports its counts to the database
 * and gets those of all processes (usage_report.h).  An application without
 * quotas is only counted.
 */
#ifndef CREEL_DB_USAGE_H
#define CREEL_DB_USAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bucket.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/hashmap.h"
#include "base/ids.h"
#include "base/quota.h"

struct usage;

#define USAGE_DAY (24 * 60 * 60)	/* seconds */

struct usage_counts {
	int64_t attempts;	/* calls, accepted or not */
	int64_t calls, refused;
	int64_t events, bytes;
};

/* The counts of an application, or of an organization that has quotas. */
struct usage_tenant {
	struct hashmap_entry entry;	/* its name is the id */
	bool is_organization;	/* kept until the end: others point to it */
	struct usage_tenant *organization;	/* NULL: none with quotas */
	int64_t quotas[QUOTA__COUNT];		/* or QUOTA_NONE */
	bool limited;		/* has a quota that workers check */
	struct bucket bucket;	/* of callsPerSecond */
	double cost;		/* tokens of a call in this process, */
	double ahead;		/* of these those for calls of others, since */
	int64_t totals_at;	/* by clock, the last totals */

	struct usage_counts now;	/* since the last report */
	struct usage_counts sent;	/* in the report that is under way */
	/* Of all processes, by the last report. */
	int64_t day;		/* since 1970, of day_calls */
	int64_t day_calls;
	int64_t stored;		/* bytes */
	bool reported;		/* attempts that were not 0 */
	bool stale;		/* the totals are unknown */
	bool full;		/* calls were refused because of them */
};

struct usage {
	pthread_mutex_t lock;	/* guards what follows */
	struct hashmap tenants;
	double workers;		/* that report, at least 1 */
	struct buf changed;	/* ids with quotas to load: an array's text
				 * without its end */
	size_t n_changed;
	bool all_changed;
	int64_t (*clock)(void);	/* milliseconds */
	int64_t (*time)(void);	/* seconds since 1970 */

	/* Of the reporting thread: usage_report.c. */
	char worker[ID_OBJECT_SIZE];
	int64_t report_at;	/* by clock */
	int64_t reported_at;	/* the last success */
	int64_t sums_at;	/* of organizations */
	bool warned;
};

/* What is left of the quotas of calls: the header fields of
 * draft-ietf-httpapi-ratelimit-headers-06. */
struct usage_left {
	int64_t limit, remaining;	/* of the quota with the least left */
	int64_t reset;			/* seconds until that is whole */
	int64_t retry;			/* the same of a refused call, or 0 */
	const char *policy;		/* "100;w=1;burst=200" */
};

/* Without quotas, until usage_step() has loaded them.  The caller frees it with
 * usage_free(), which accepts a pointer to NULL. */
struct usage *usage_new(void);
void usage_free(struct usage **);

/*
 * Counts a call.  *left, in the arena, is NULL without a quota of calls.
 * Returns -1 with ERR_RATE above one.
 */
int usage_call(struct usage *, const char *application, struct arena *,
    struct usage_left **left, struct err *);
/* Returns -1 with ERR_QUOTA if the application must not store so many bytes
 * more. */
int usage_room(struct usage *, const char *application, int64_t bytes,
    struct err *);
/* Counts an event that was stored. */
void usage_stored(struct usage *, const char *application, int64_t bytes);

/* Notes that the quotas of an application or organization, or the organization
 * of an application, have changed; NULL: of any. */
void usage_changed(struct usage *, const char *id);

/* For usage_report.c, with the lock held.  Returns the counts of an application
 * or organization, new if it has none. */
struct usage_tenant *usage_tenant(struct usage *, const char *id);
/* Returns the tokens of callsPerSecond that it may owe at most: what the other
 * processes take in a second is enough to keep a part of the rate that is less
 * than a call. */
double usage_debt(const struct usage *, const struct usage_tenant *);
/* Sets quotas, QUOTA_NONE for those that it has not. */
void usage_limit(struct usage *, struct usage_tenant *,
    const int64_t quotas[QUOTA__COUNT]);
#endif
