/* SPDX-License-Identifier: ISC */
/* Counts the calls and events of applications, and checks their quotas. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "db/array.h"
#include "db/usage.h"

#define CHANGED_MAX 1000	/* more are loaded with all others */

static int64_t
time_now(void)
{
	return (int64_t)time(NULL);
}

struct usage *
usage_new(void)
{
	struct usage *u = mem_alloc(sizeof(*u));

	pthread_mutex_init(&u->lock, NULL);
	buf_init(&u->changed);
	u->workers = 1;
	u->all_changed = true;
	u->clock = clock_ms;
	u->time = time_now;
	id_object(u->worker);
	return u;
}

static void
tenant_free(void *object, void *ctx)
{
	struct usage_tenant *t = object;

	(void)ctx;
	hashmap_delete(&t->entry);
}

void
usage_free(struct usage **usage)
{
	struct usage *u = *usage;

	if (u == NULL)
		return;
	hashmap_each(&u->tenants, tenant_free, NULL);
	buf_release(&u->changed);
	pthread_mutex_destroy(&u->lock);
	free(u);
	*usage = NULL;
}

struct usage_tenant *
usage_tenant(struct usage *u, const char *id)
{
	struct usage_tenant *t;
	bool created;
	size_t i;

	t = hashmap_get(&u->tenants, id, sizeof(*t), &created);
	if (!created)
		return t;
	for (i = 0; i < QUOTA__COUNT; i++)
		t->quotas[i] = QUOTA_NONE;
	t->cost = 1;
	return t;
}

void
usage_limit(struct usage *u, struct usage_tenant *t,
    const int64_t quotas[QUOTA__COUNT])
{
	int64_t rate = quotas[QUOTA_CALLS_PER_SECOND];
	int64_t burst = quotas[QUOTA_BURST];

	memcpy(t->quotas, quotas, sizeof(t->quotas));
	t->limited = rate != QUOTA_NONE ||
	    quotas[QUOTA_CALLS_PER_DAY] != QUOTA_NONE ||
	    quotas[QUOTA_STORED_BYTES] != QUOTA_NONE;
	t->stale |= t->limited;
	if (rate != QUOTA_NONE)
		bucket_set(&t->bucket, rate, burst != QUOTA_NONE ? burst : rate,
		    u->clock());
}

/* Returns what is left of callsPerDay. */
static int64_t
day_left(const struct usage *u, struct usage_tenant *t)
{
	int64_t day = u->time() / USAGE_DAY, left;

	if (t->day != day) {
		t->day = day;
		t->day_calls = 0;
	}
	left = t->quotas[QUOTA_CALLS_PER_DAY] - t->day_calls -
	    t->sent.calls - t->now.calls;
	return left > 0 ? left : 0;
}

/* Sets *left to the quota with the least left. */
static void
left_lower(struct usage_left *left, int64_t limit, int64_t remaining,
    int64_t reset)
{
	if (left->limit != 0 && left->remaining <= remaining)
		return;
	left->limit = limit;
	left->remaining = remaining;
	left->reset = reset;
}

/* Adds the quotas of calls of an application or organization. */
static void
left_add(const struct usage *u, struct usage_tenant *t,
    struct usage_left *left, struct buf *policy)
{
	const int64_t *q = t->quotas;

	if (q[QUOTA_CALLS_PER_SECOND] != QUOTA_NONE) {
		left_lower(left, t->bucket.rate, bucket_left(&t->bucket),
		    bucket_filled(&t->bucket) / 1000 + 1);
		buf_printf(policy, "%s%" PRId64 ";w=1;burst=%" PRId64,
		    policy->len > 0 ? ", " : "", t->bucket.rate,
		    t->bucket.burst);
	}
	if (q[QUOTA_CALLS_PER_DAY] != QUOTA_NONE) {
		left_lower(left, q[QUOTA_CALLS_PER_DAY], day_left(u, t),
		    USAGE_DAY - u->time() % USAGE_DAY);
		buf_printf(policy, "%s%" PRId64 ";w=%d",
		    policy->len > 0 ? ", " : "", q[QUOTA_CALLS_PER_DAY],
		    USAGE_DAY);
	}
}

/* Returns 0 if a quota allows a call, else the seconds until it may. */
static int64_t
call_wait(const struct usage *u, struct usage_tenant *t, enum quota *quota)
{
	int64_t wait;

	*quota = QUOTA_CALLS_PER_DAY;
	if (t->quotas[QUOTA_CALLS_PER_DAY] != QUOTA_NONE &&
	    day_left(u, t) == 0) {
		t->full = true;
		return USAGE_DAY - u->time() % USAGE_DAY;
	}
	*quota = QUOTA_CALLS_PER_SECOND;
	if (t->quotas[QUOTA_CALLS_PER_SECOND] == QUOTA_NONE)
		return 0;
	wait = bucket_wait(&t->bucket, t->cost, u->clock());
	return (wait + 999) / 1000;
}

static const char *
owner_name(const struct usage_tenant *t)
{
	return t->is_organization ? "organization" : "application";
}

/* Counts a refused call. */
static int
call_refuse(struct usage_tenant *application, const struct usage_tenant *of,
    enum quota quota, struct err *err)
{
	application->now.refused++;
	metrics_count(METRIC_QUOTA_REFUSED, quota_name(quota), NULL);
	return err_set(err, ERR_RATE, "%s: the %s's quota is %" PRId64,
	    quota_name(quota), owner_name(of), of->quotas[quota]);
}

double
usage_debt(const struct usage *u, const struct usage_tenant *t)
{
	return u->workers + (double)t->bucket.rate;
}

/* Counts an accepted call. */
static void
call_take(const struct usage *u, struct usage_tenant *t)
{
	t->now.calls++;
	if (t->quotas[QUOTA_CALLS_PER_SECOND] == QUOTA_NONE)
		return;
	t->ahead += t->cost - 1;
	bucket_take(&t->bucket, t->cost, usage_debt(u, t));
}

/* Fills *out if there is a quota of calls.  refused: the values of a refused
 * call, or zeroed. */
static void
left_read(const struct usage *u, struct usage_tenant *const *tenants,
    const struct usage_left *refused, struct arena *arena,
    struct usage_left **out)
{
	struct usage_left left = { 0 };
	struct buf policy;
	size_t i;

	buf_init(&policy);
	for (i = 0; i < 2 && tenants[i] != NULL; i++)
		left_add(u, tenants[i], &left, &policy);
	if (policy.len == 0)
		return;
	if (refused->retry > 0)
		left = *refused;
	left.policy = arena_take(arena, &policy);
	*out = arena_alloc(arena, sizeof(left));
	**out = left;
}

int
usage_call(struct usage *u, const char *application, struct arena *arena,
    struct usage_left **left, struct err *err)
{
	struct usage_left refused = { 0 };
	struct usage_tenant *tenants[2];
	enum quota quota;
	size_t i;
	int rc = 0;

	*left = NULL;
	pthread_mutex_lock(&u->lock);
	tenants[0] = usage_tenant(u, application);
	tenants[1] = tenants[0]->organization;
	for (i = 0; i < 2 && tenants[i] != NULL; i++) {
		tenants[i]->now.attempts++;
		if (rc < 0)
			continue;
		refused.retry = call_wait(u, tenants[i], &quota);
		if (refused.retry == 0)
			continue;
		refused.reset = refused.retry;
		refused.limit = tenants[i]->quotas[quota];
		rc = call_refuse(tenants[0], tenants[i], quota, err);
	}
	for (i = 0; rc == 0 && i < 2 && tenants[i] != NULL; i++)
		call_take(u, tenants[i]);
	if (tenants[0]->limited || tenants[1] != NULL)
		left_read(u, tenants, &refused, arena, left);
	pthread_mutex_unlock(&u->lock);
	return rc;
}

int
usage_room(struct usage *u, const char *application, int64_t bytes,
    struct err *err)
{
	struct usage_tenant *first, *t;
	int64_t quota;
	int rc = 0;

	pthread_mutex_lock(&u->lock);
	first = usage_tenant(u, application);
	for (t = first; t != NULL && rc == 0; t = t->organization) {
		quota = t->quotas[QUOTA_STORED_BYTES];
		if (quota == QUOTA_NONE ||
		    t->stored + t->sent.bytes + t->now.bytes + bytes <= quota)
			continue;
		t->full = true;
		first->now.refused++;
		metrics_count(METRIC_QUOTA_REFUSED,
		    quota_name(QUOTA_STORED_BYTES), NULL);
		rc = err_set(err, ERR_QUOTA, "%s: the %s's quota is %"
		    PRId64 " bytes", quota_name(QUOTA_STORED_BYTES),
		    owner_name(t), quota);
	}
	pthread_mutex_unlock(&u->lock);
	return rc;
}

void
usage_stored(struct usage *u, const char *application, int64_t bytes)
{
	struct usage_tenant *t;

	pthread_mutex_lock(&u->lock);
	for (t = usage_tenant(u, application); t != NULL;
	    t = t->organization) {
		t->now.events++;
		t->now.bytes += bytes;
	}
	pthread_mutex_unlock(&u->lock);
}

void
usage_changed(struct usage *u, const char *id)
{
	pthread_mutex_lock(&u->lock);
	if (id == NULL || u->n_changed == CHANGED_MAX)
		u->all_changed = true;
	if (!u->all_changed) {
		u->n_changed++;
		array_put(&u->changed, id, strlen(id));
	}
	pthread_mutex_unlock(&u->lock);
}
