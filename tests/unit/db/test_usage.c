/* SPDX-License-Identifier: ISC */
/* Tests the counts of calls and the quotas of applications and their
 * organizations. */
#include <string.h>

#include "../unit.h"
#include "base/arena.h"
#include "db/usage.h"

#define A "000000000000000000000001"
#define B "000000000000000000000002"
#define ORGANIZATION "00000000000000000000000f"
#define DAY INT64_C(20000)

static int64_t now = 1000000;		/* milliseconds */
static int64_t seconds = DAY * USAGE_DAY + 100;

static int64_t
now_get(void)
{
	return now;
}

static int64_t
seconds_get(void)
{
	return seconds;
}

static struct usage *
usage_make(void)
{
	struct usage *u = usage_new();

	u->clock = now_get;
	u->time = seconds_get;
	return u;
}

static struct usage_tenant *
limit(struct usage *u, const char *id, enum quota quota, int64_t value)
{
	struct usage_tenant *t = usage_tenant(u, id);
	int64_t quotas[QUOTA__COUNT];

	memcpy(quotas, t->quotas, sizeof(quotas));
	quotas[quota] = value;
	usage_limit(u, t, quotas);
	return t;
}

/* Returns how many of n calls are accepted; err and left are the last one's. */
static int
accepted(struct usage *u, const char *id, int n, struct usage_left *left,
    struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct usage_left *last;
	int count = 0;

	memset(left, 0, sizeof(*left));
	for (; n > 0; n--) {
		count += usage_call(u, id, &arena, &last, err) == 0;
		if (last != NULL)
			*left = *last;
	}
	left->policy = NULL;
	arena_release(&arena);
	return count;
}

/* Without quotas every call is counted and nothing is reported to the client. */
static void
test_none(void **state)
{
	struct usage *u = usage_make();
	struct usage_left left;
	struct err err;

	(void)state;
	assert_int_equal(accepted(u, A, 1000, &left, &err), 1000);
	assert_int_equal(left.limit, 0);
	assert_int_equal(usage_room(u, A, INT64_C(1) << 60, &err), 0);
	usage_stored(u, A, 7);
	assert_int_equal(usage_tenant(u, A)->now.calls, 1000);
	assert_int_equal(usage_tenant(u, A)->now.bytes, 7);
	usage_free(&u);
	assert_null(u);
}

/* A burst, then the rate; others are not affected. */
static void
test_rate(void **state)
{
	struct usage *u = usage_make();
	struct usage_left left;
	struct err err;

	(void)state;
	limit(u, A, QUOTA_BURST, 25);
	limit(u, A, QUOTA_CALLS_PER_SECOND, 10);
	assert_int_equal(accepted(u, A, 20, &left, &err), 20);
	assert_int_equal(left.limit, 10);
	assert_int_equal(left.remaining, 5);
	assert_int_equal(left.retry, 0);
	assert_int_equal(accepted(u, A, 20, &left, &err), 5);
	assert_int_equal(err.code, ERR_RATE);
	assert_string_equal(err.text,
	    "callsPerSecond: the application's quota is 10");
	assert_int_equal(left.remaining, 0);
	assert_int_equal(left.retry, 1);
	assert_int_equal(accepted(u, B, 100, &left, &err), 100);
	now += 1001;
	assert_int_equal(accepted(u, A, 20, &left, &err), 10);
	assert_int_equal(usage_tenant(u, A)->now.refused, 25);
	usage_free(&u);
}

/* The applications of an organization share its quota, and a refused call takes
 * nothing of their own. */
static void
test_organization(void **state)
{
	struct usage *u = usage_make();
	struct usage_tenant *o = limit(u, ORGANIZATION,
	    QUOTA_CALLS_PER_SECOND, 10);
	struct usage_left left;
	struct err err;

	(void)state;
	o->is_organization = true;
	limit(u, A, QUOTA_CALLS_PER_DAY, 100)->organization = o;
	usage_tenant(u, B)->organization = o;
	assert_int_equal(accepted(u, A, 6, &left, &err), 6);
	assert_int_equal(left.limit, 10);
	assert_int_equal(left.remaining, 4);
	assert_int_equal(accepted(u, B, 6, &left, &err), 4);
	assert_string_equal(err.text,
	    "callsPerSecond: the organization's quota is 10");
	assert_int_equal(accepted(u, A, 50, &left, &err), 0);
	assert_int_equal(usage_tenant(u, A)->now.calls, 6);
	usage_free(&u);
}

/* A day's calls are those of all workers and of this one; the next day begins
 * with none. */
static void
test_day(void **state)
{
	struct usage *u = usage_make();
	struct usage_tenant *t = limit(u, A, QUOTA_CALLS_PER_DAY, 10);
	struct usage_left left;
	struct err err;

	(void)state;
	t->day = DAY;
	t->day_calls = 4;
	t->sent.calls = 1;
	assert_int_equal(accepted(u, A, 9, &left, &err), 5);
	assert_string_equal(err.text,
	    "callsPerDay: the application's quota is 10");
	assert_int_equal(left.retry, USAGE_DAY - 100);
	assert_int_equal(left.reset, USAGE_DAY - 100);
	assert_true(t->full);
	memset(&t->sent, 0, sizeof(t->sent));
	memset(&t->now, 0, sizeof(t->now));
	t->day_calls = 10;
	assert_int_equal(accepted(u, A, 1, &left, &err), 0);
	seconds += USAGE_DAY;
	assert_int_equal(accepted(u, A, 20, &left, &err), 10);
	usage_free(&u);
}

/* An event that does not fit is refused, of an organization too. */
static void
test_room(void **state)
{
	struct usage *u = usage_make();
	struct usage_tenant *o = limit(u, ORGANIZATION, QUOTA_STORED_BYTES,
	    100);
	struct err err;

	(void)state;
	o->is_organization = true;
	limit(u, A, QUOTA_STORED_BYTES, 1000)->organization = o;
	usage_tenant(u, B)->organization = o;
	usage_stored(u, A, 60);
	assert_int_equal(usage_room(u, B, 40, &err), 0);
	assert_int_equal(usage_room(u, B, 41, &err), -1);
	assert_int_equal(err.code, ERR_QUOTA);
	assert_string_equal(err.text,
	    "storedBytes: the organization's quota is 100 bytes");
	o->stored = 40;
	assert_int_equal(usage_room(u, A, 1, &err), -1);
	usage_free(&u);
}

/* A worker with a quarter of the calls takes four tokens for each. */
static void
test_part(void **state)
{
	struct usage *u = usage_make();
	struct usage_tenant *t = limit(u, A, QUOTA_CALLS_PER_SECOND, 40);
	struct usage_left left;
	struct err err;

	(void)state;
	t->cost = 4;
	assert_int_equal(accepted(u, A, 100, &left, &err), 10);
	usage_free(&u);
}

/* Changes are collected until they are loaded; many become one of all. */
static void
test_changes(void **state)
{
	struct usage *u = usage_make();
	int i;

	(void)state;
	assert_true(u->all_changed);
	u->all_changed = false;
	usage_changed(u, A);
	usage_changed(u, B);
	assert_int_equal(u->n_changed, 2);
	assert_string_equal(u->changed.data, "{\"" A "\",\"" B "\"");
	for (i = 0; i < 2000; i++)
		usage_changed(u, A);
	assert_true(u->all_changed);
	assert_true(u->changed.len < 50000);
	usage_free(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_organization),
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
