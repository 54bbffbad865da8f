/* SPDX-License-Identifier: ISC */
/* Exchanges the counts of usage.c with the database. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/mem.h"
#include "db/array.h"
#include "db/usage_report.h"

#define REPORT_MS 1000
#define SUMS_MS 5000		/* between two sums over the applications of an
				 * organization, which may have thousands */

/* The columns of USAGE_QUOTAS. */
enum quota_column {
	QUOTA_APPLICATION,
	QUOTA_OF_APPLICATION,
	QUOTA_ORGANIZATION,
	QUOTA_OF_ORGANIZATION
};

/* The columns of USAGE_REPORT. */
enum total_column {
	TOTAL_WORKERS,
	TOTAL_TENANT,
	TOTAL_DEMAND,
	TOTAL_CALLS,
	TOTAL_STORED
};

/* The parameters of USAGE_REPORT after the first: texts of arrays. */
enum report_array {
	REPORT_APPLICATIONS, REPORT_CALLS, REPORT_REFUSED, REPORT_EVENTS,
	REPORT_BYTES,
	REPORT_TENANTS, REPORT_DEMANDS, REPORT_SUMS,
	REPORT__ARRAYS
};

struct report {
	struct buf arrays[REPORT__ARRAYS];
	bool idle;		/* there is nothing to report */
	double seconds;		/* since the last report */
	bool sums;		/* of organizations too */
};

static const struct usage_counts none;

/* The quotas of a row of USAGE_QUOTAS. */
struct quotas {
	int64_t application[QUOTA__COUNT];
	int64_t organization[QUOTA__COUNT];
};

static void
quotas_parse(const char *id, const char *json, int64_t out[QUOTA__COUNT])
{
	struct jsn *object = NULL;
	struct err err;

	if (json != NULL && jsn_parse(json, strlen(json), &object, &err) < 0)
		log_warn("quotas of %s: %s", id, err.text);
	quota_read(object, out);
	jsn_free(&object);
}

/* Returns the quotas of all rows, which the caller frees. */
static struct quotas *
rows_parse(const struct pg_result *rows)
{
	size_t i, n = pg_rows(rows);
	struct quotas *list = mem_alloc(n * sizeof(*list));

	for (i = 0; i < n; i++) {
		quotas_parse(pg_text(rows, i, QUOTA_APPLICATION),
		    pg_text(rows, i, QUOTA_OF_APPLICATION),
		    list[i].application);
		quotas_parse(pg_text(rows, i, QUOTA_ORGANIZATION),
		    pg_text(rows, i, QUOTA_OF_ORGANIZATION),
		    list[i].organization);
	}
	return list;
}

/* Sets the quotas of an application and of its organization. */
static void
quotas_apply(struct usage *u, const struct pg_result *rows, size_t row,
    const struct quotas *quotas)
{
	const char *organization = pg_text(rows, row, QUOTA_ORGANIZATION);
	struct usage_tenant *t, *o;

	t = usage_tenant(u, pg_text(rows, row, QUOTA_APPLICATION));
	usage_limit(u, t, quotas->application);
	t->organization = NULL;
	if (organization == NULL)
		return;
	o = usage_tenant(u, organization);
	o->is_organization = true;
	usage_limit(u, o, quotas->organization);
	if (o->limited)
		t->organization = o;
}

static void
tenant_unlimit(void *object, void *ctx)
{
	struct usage_tenant *t = object;
	int64_t no_quotas[QUOTA__COUNT];

	quota_read(NULL, no_quotas);
	usage_limit(ctx, t, no_quotas);
	t->organization = NULL;
}

/* Removes the quotas of the applications and organizations that changed; those
 * that still exist are among the rows of the query. */
static void
changed_unlimit(struct usage *u, const char *changed)
{
	char id[ID_OBJECT_SIZE];
	size_t len;

	while (array_next(&changed, id, sizeof(id), &len))
		tenant_unlimit(usage_tenant(u, id), u);
}

/* Replaces the quotas of what has changed (NULL: all) by those of the rows. */
static void
quotas_replace(struct usage *u, const char *changed,
    const struct pg_result *rows)
{
	/* Calls wait for the lock, so there may be no parsing under it. */
	struct quotas *list = rows_parse(rows);
	size_t i;

	pthread_mutex_lock(&u->lock);
	if (changed == NULL)
		hashmap_each(&u->tenants, tenant_unlimit, u);
	else
		changed_unlimit(u, changed);
	for (i = 0; i < pg_rows(rows); i++)
		quotas_apply(u, rows, i, &list[i]);
	pthread_mutex_unlock(&u->lock);
	free(list);
}

static void
quotas_log(const struct pg_result *rows, const char *changed)
{
	size_t i;

	for (i = 0; i < pg_rows(rows); i++)
		log_debug("quotas of %s: %s, organization: %s",
		    pg_text(rows, i, QUOTA_APPLICATION),
		    pg_text(rows, i, QUOTA_OF_APPLICATION),
		    pg_text(rows, i, QUOTA_ORGANIZATION) == NULL ? "{}" :
		    pg_text(rows, i, QUOTA_OF_ORGANIZATION));
	log_debug("quotas loaded: %s", changed == NULL ? "all" : changed);
}

/* Loads the quotas of what has changed, or all. */
static int
quotas_load(struct usage *u, struct pg *db, struct err *err)
{
	struct pg_value values[] = { PG_NULL };
	struct pg_result *rows = NULL;
	struct buf changed;
	bool all;
	int rc;

	pthread_mutex_lock(&u->lock);
	all = u->all_changed;
	changed = u->changed;
	buf_init(&u->changed);
	u->n_changed = 0;
	u->all_changed = false;
	pthread_mutex_unlock(&u->lock);
	if (!all) {
		buf_addch(&changed, '}');
		values[0].data = changed.data;
	}
	rc = pg_run(db, SQL_USAGE_QUOTAS, values, &rows, err);
	if (rc == 0) {
		quotas_replace(u, values[0].data, rows);
		u->sums_at = 0;
		quotas_log(rows, values[0].data);
	} else {
		usage_changed(u, NULL);
	}
	buf_release(&changed);
	pg_result_free(&rows);
	return rc;
}

static void
element_add(struct report *r, enum report_array array, const char *text)
{
	struct buf *out = &r->arrays[array];

	buf_addstr(out, out->len == 0 ? "{" : ",");
	buf_addstr(out, text);
}

static void
number_add(struct report *r, enum report_array array, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	element_add(r, array, text);
}

/* Returns the calls that this process received, accepted or not, in 1000 s. */
static int64_t
demand(const struct report *r, const struct usage_tenant *t)
{
	return (int64_t)((double)t->sent.attempts * 1000 / r->seconds);
}

/* Adds the counts of an application, or frees it if it has none. */
static void
counts_add(void *object, void *ctx)
{
	struct usage_tenant *t = object;
	struct report *r = ctx;
	bool idle = memcmp(&t->now, &none, sizeof(none)) == 0;

	if (idle && !t->limited && !t->is_organization &&
	    t->organization == NULL) {
		hashmap_delete(&t->entry);
		return;
	}
	t->sent = t->now;
	t->now = none;
	r->idle &= idle && !t->limited;
	if (!idle && !t->is_organization) {
		element_add(r, REPORT_APPLICATIONS, t->entry.name);
		number_add(r, REPORT_CALLS, t->sent.calls);
		number_add(r, REPORT_REFUSED, t->sent.refused);
		number_add(r, REPORT_EVENTS, t->sent.events);
		number_add(r, REPORT_BYTES, t->sent.bytes);
	}
	if (!t->limited || (idle && !t->reported && !t->stale && !t->full))
		return;
	element_add(r, REPORT_TENANTS, t->entry.name);
	number_add(r, REPORT_DEMANDS, demand(r, t));
	element_add(r, REPORT_SUMS, t->is_organization && !r->sums ? "f" : "t");
}

/* After a report that failed. */
static void
counts_return(void *object, void *ctx)
{
	struct usage_tenant *t = object;

	(void)ctx;
	t->now.attempts += t->sent.attempts;
	t->now.calls += t->sent.calls;
	t->now.refused += t->sent.refused;
	t->now.events += t->sent.events;
	t->now.bytes += t->sent.bytes;
	t->sent = none;
}

/* After a report that succeeded: the totals are those before it. */
static void
counts_end(void *object, void *ctx)
{
	struct usage_tenant *t = object;

	(void)ctx;
	t->reported = t->sent.attempts > 0;
	t->day_calls += t->sent.calls;
	t->stored += t->sent.bytes;
	t->sent = none;
}

static int64_t
number_of(const struct pg_result *rows, size_t row, enum total_column column)
{
	return strtoll(pg_text(rows, row, column), NULL, 10);
}

/* Takes the tokens of the calls that the other processes accepted since the
 * last totals, except those that were taken ahead.  After a pause only those of
 * the last interval count: the bucket was full before. */
static void
tokens_correct(const struct usage *u, struct usage_tenant *t, int64_t calls)
{
	double interval = t->is_organization ? SUMS_MS : REPORT_MS;
	double others = (double)(calls - t->day_calls);
	int64_t now = u->clock();
	double since = (double)(now - t->totals_at);

	if (since > interval)
		others *= interval / since;
	if (t->bucket.rate > 0 && !t->stale && others >= 0)
		bucket_take(&t->bucket, others - t->ahead, usage_debt(u, t));
	t->ahead = 0;
	t->totals_at = now;
}

/*
 * Returns the tokens that a call takes here.  While all processes receive less
 * than they may accept in a second, a call takes its own, and the next report
 * those of the others; above it takes theirs ahead.
 */
static double
call_cost(const struct usage *u, const struct usage_tenant *t, double own,
    double others)
{
	double most = (double)(t->bucket.rate + t->bucket.burst) * 1000;

	if (own + others <= most)
		return 1;
	return own > 0 ? (own + others) / own : u->workers;
}

/* Sets the totals of an application or organization. */
static void
totals_apply(struct usage *u, const struct report *r,
    const struct pg_result *rows, size_t row)
{
	struct usage_tenant *t = usage_tenant(u,
	    pg_text(rows, row, TOTAL_TENANT));
	int64_t calls, stored;

	t->cost = call_cost(u, t, (double)demand(r, t),
	    (double)number_of(rows, row, TOTAL_DEMAND));
	if (pg_text(rows, row, TOTAL_CALLS) == NULL)
		return;
	calls = number_of(rows, row, TOTAL_CALLS);
	stored = number_of(rows, row, TOTAL_STORED);
	tokens_correct(u, t, calls);
	t->full &= calls >= t->day_calls && stored >= t->stored;
	t->stale = false;
	t->day = u->time() / USAGE_DAY;
	t->day_calls = calls;
	t->stored = stored;
}

/* Begins a report; its arrays are empty if there is nothing to count. */
static void
report_begin(struct usage *u, struct report *r)
{
	int64_t now = u->clock();
	size_t i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < REPORT__ARRAYS; i++)
		buf_init(&r->arrays[i]);
	r->idle = true;
	r->seconds = (double)(now - u->reported_at) / 1000;
	if (r->seconds < 0.001)
		r->seconds = 0.001;
	r->sums = now >= u->sums_at + SUMS_MS;
	pthread_mutex_lock(&u->lock);
	hashmap_each(&u->tenants, counts_add, r);
	pthread_mutex_unlock(&u->lock);
	for (i = 0; i < REPORT__ARRAYS; i++)
		buf_addstr(&r->arrays[i], r->arrays[i].len == 0 ? "{}" : "}");
	u->report_at = now;
}

/* Ends a report; rows is NULL if it failed or had nothing to report. */
static void
report_end(struct usage *u, struct report *r, const struct pg_result *rows)
{
	bool ok = rows != NULL || r->idle;
	size_t i;

	pthread_mutex_lock(&u->lock);
	for (i = 0; rows != NULL && i < pg_rows(rows); i++) {
		u->workers = (double)number_of(rows, i, TOTAL_WORKERS);
		if (pg_text(rows, i, TOTAL_TENANT) != NULL)
			totals_apply(u, r, rows, i);
	}
	hashmap_each(&u->tenants, ok ? counts_end : counts_return, NULL);
	pthread_mutex_unlock(&u->lock);
	if (ok)
		u->reported_at = u->report_at;
	if (ok && r->sums)
		u->sums_at = u->report_at;
	for (i = 0; i < REPORT__ARRAYS; i++)
		buf_release(&r->arrays[i]);
}

static int
report(struct usage *u, struct pg *db, struct err *err)
{
	struct pg_value values[1 + REPORT__ARRAYS] = { PG_TEXT(u->worker) };
	struct pg_result *rows = NULL;
	struct report r;
	size_t i;
	int rc = 0;

	report_begin(u, &r);
	for (i = 0; i < REPORT__ARRAYS; i++)
		values[1 + i].data = r.arrays[i].data;
	if (!r.idle)
		rc = pg_run(db, SQL_USAGE_REPORT, values, &rows, err);
	report_end(u, &r, rows);
	pg_result_free(&rows);
	return rc;
}

static bool
has_changes(struct usage *u)
{
	bool changes;

	pthread_mutex_lock(&u->lock);
	changes = u->all_changed || u->n_changed > 0;
	pthread_mutex_unlock(&u->lock);
	return changes;
}

void
usage_step(struct usage *u, struct pg *db, bool end)
{
	bool due = end || u->clock() >= u->report_at + REPORT_MS;
	struct err err;
	int rc = 0;

	if (u->warned && !due)
		return;
	if (has_changes(u)) {
		rc = quotas_load(u, db, &err);
		due |= rc == 0;
	}
	if (due) {
		if (rc == 0)
			rc = report(u, db, &err);
		u->report_at = u->clock();
	}
	if (rc < 0 && !u->warned)
		log_warn("counting calls failed, quotas are not exact: %s",
		    err.text);
	u->warned = rc < 0;
}
