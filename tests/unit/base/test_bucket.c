/* SPDX-License-Identifier: ISC */
/* Tests token buckets: bursts, rates, and parts of a rate. */
#include <string.h>

#include "../unit.h"
#include "base/bucket.h"

#define DEBT 100

/* Takes calls each step ms of a time; returns how many are accepted. */
static int
accepted(struct bucket *b, double cost, int64_t from, int64_t until,
    int64_t step)
{
	int count = 0;

	for (; from < until; from += step)
		if (bucket_wait(b, cost, from) == 0) {
			bucket_take(b, cost, DEBT);
			count++;
		}
	return count;
}

/* A full bucket accepts a burst at once, then as many as the rate allows. */
static void
test_burst(void **state)
{
	struct bucket b = { 0 };
	int i;

	(void)state;
	bucket_set(&b, 10, 30, 5000);
	for (i = 0; i < 30; i++) {
		assert_int_equal(bucket_left(&b), 30 - i);
		assert_int_equal(bucket_wait(&b, 1, 5000), 0);
		bucket_take(&b, 1, DEBT);
	}
	assert_in_range(bucket_wait(&b, 1, 5000), 99, 101);
	assert_in_range(bucket_filled(&b), 2999, 3000);
	assert_int_equal(bucket_wait(&b, 1, 5101), 0);
	assert_in_range(accepted(&b, 1, 5100, 15100, 1), 99, 101);
}

/* Pauses fill it up to the burst and not more, also after a long time. */
static void
test_pause(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	bucket_set(&b, 10, 30, 0);
	assert_int_equal(accepted(&b, 1, 0, 1, 1), 1);
	assert_int_equal(bucket_wait(&b, 1, INT64_C(1) << 40), 0);
	assert_int_equal(bucket_left(&b), 30);
}

/* Processes with equal parts of the calls accept the rate together, also one
 * with a rate of less than a call for each. */
static void
test_parts(void **state)
{
	static const int64_t rates[] = { 1, 2, 7, 100 };
	struct bucket b[10];
	size_t i, r;
	int n;

	(void)state;
	for (r = 0; r < 4; r++) {
		memset(b, 0, sizeof(b));
		n = 0;
		for (i = 0; i < 10; i++) {
			bucket_set(&b[i], rates[r], rates[r], 0);
			n += accepted(&b[i], 10, 0, 100000, 10);
		}
		/* Each has at least one call at first. */
		assert_in_range(n, 99 * rates[r], 101 * rates[r] + 10);
	}
}

/* A debt is limited: a process that gets more calls later accepts them soon. */
static void
test_debt(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	bucket_set(&b, 10, 10, 0);
	assert_int_equal(bucket_wait(&b, 1e9, 0), 0);
	bucket_take(&b, 1e9, 20);
	assert_int_equal(bucket_left(&b), 0);
	assert_in_range(bucket_wait(&b, 1, 0), 2099, 2101);
}

/* A change keeps what was taken, and what is left is at most the new burst. */
static void
test_change(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	bucket_set(&b, 10, 100, 0);
	assert_int_equal(accepted(&b, 1, 0, 60, 1), 60);
	bucket_set(&b, 1, 5, 60);
	assert_int_equal(bucket_left(&b), 5);
	assert_int_equal(accepted(&b, 1, 60, 80, 1), 5);
	bucket_set(&b, 1000, 1000, 80);
	assert_int_equal(bucket_left(&b), 0);
	assert_int_equal(bucket_wait(&b, 1, 90), 0);
}

/* A clock that stands still or goes back adds nothing. */
static void
test_clock(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	bucket_set(&b, 10, 10, 1000);
	assert_int_equal(accepted(&b, 1, 1000, 1010, 1), 10);
	assert_true(bucket_wait(&b, 1, 1000) > 0);
	assert_int_equal(bucket_left(&b), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
