/* SPDX-License-Identifier: ISC */
/* Tests the shares of a limited number of bytes. */
#include <stdio.h>

#include "../unit.h"
#include "base/share.h"

#define MAX 1000
#define MANY 64
#define STEPS 100000

static struct shares *shares;

static int
setup(void **state)
{
	(void)state;
	shares = shares_new(MAX);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	shares_free(&shares);
	assert_null(shares);
	shares_free(&shares);
	return 0;
}

/* A single user may have all of it. */
static void
test_one(void **state)
{
	struct share a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(share_set(shares, &a, "x", MAX + 1), SHARE_FULL);
	assert_int_equal(share_set(shares, &a, "x", MAX), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &b, "y", 1), SHARE_FULL);
	assert_int_equal(b.bytes, 0);
	assert_int_equal(share_set(shares, &a, "x", MAX - 1), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &b, "y", 1), SHARE_TAKEN);
	/* Another size replaces the old one. */
	assert_int_equal(share_set(shares, &a, "x", MAX), SHARE_FULL);
	assert_int_equal(a.bytes, 0);
	assert_int_equal(share_set(shares, &a, "x", MAX - 1), SHARE_TAKEN);
	share_set(shares, &a, "", 0);
	share_set(shares, &b, "", 0);
	share_set(shares, &b, "", 0);
}

/* A request too large for the room that is left fails because of the owner if
 * that holds most of what is in use, and else because of others. */
static void
test_cause(void **state)
{
	struct share a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	assert_int_equal(share_set(shares, &a, "x", MAX / 2), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &b, "y", MAX / 4), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &c, "x", MAX / 2), SHARE_USED);
	assert_int_equal(share_set(shares, &c, "y", MAX / 2), SHARE_FULL);
	assert_int_equal(share_set(shares, &c, "z", MAX / 2), SHARE_FULL);
	share_set(shares, &a, "", 0);
	share_set(shares, &b, "", 0);
}

/* An owner with many users leaves a fifth to others, of which each has some. */
static void
test_many(void **state)
{
	struct share a[MAX / 10] = { 0 }, b = { 0 }, c = { 0 };
	enum share_outcome outcome = SHARE_TAKEN;
	int i, n = 0;

	(void)state;
	for (i = 0; i < MAX / 10 && outcome == SHARE_TAKEN; i++) {
		outcome = share_set(shares, &a[i], "x", 10);
		n += outcome == SHARE_TAKEN;
	}
	assert_int_equal(outcome, SHARE_USED);
	assert_int_equal(n, MAX / 10 * 4 / 5);
	assert_int_equal(share_set(shares, &b, "y", 100), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &c, "z", 50), SHARE_TAKEN);
	/* What it has, it may keep or reduce. */
	assert_int_equal(share_set(shares, &a[0], "x", 10), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &a[0], "x", 9), SHARE_TAKEN);
	assert_int_equal(share_set(shares, &a[0], "x", 10), SHARE_USED);
	/* A user may pass to another owner. */
	assert_int_equal(share_set(shares, &a[1], "y", 11), SHARE_TAKEN);
	for (i = 0; i < n; i++)
		share_set(shares, &a[i], "", 0);
	assert_int_equal(share_set(shares, &a[0], "x", MAX - 150), SHARE_TAKEN);
	share_set(shares, &a[0], "", 0);
	share_set(shares, &b, "", 0);
	share_set(shares, &c, "", 0);
}

/* Random changes: the sum never exceeds the limit, and at the end all of it is
 * free. */
static void
test_sum(void **state)
{
	struct share users[MANY] = { 0 };
	char owner[16];
	unsigned seed = 1, i;
	int64_t sum;
	int step;

	(void)state;
	for (step = 0; step < STEPS; step++) {
		seed = seed * 1103515245 + 12345;
		i = seed >> 16 & (MANY - 1);
		snprintf(owner, sizeof(owner), "%u", seed >> 22 & 7);
		share_set(shares, &users[i], owner, seed >> 25 & 127);
		for (sum = 0, i = 0; i < MANY; i++)
			sum += users[i].bytes;
		assert_true(sum <= MAX);
	}
	for (i = 0; i < MANY; i++)
		share_set(shares, &users[i], "", 0);
	assert_int_equal(share_set(shares, &users[0], "x", MAX), SHARE_TAKEN);
	share_set(shares, &users[0], "", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cause, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sum, setup, teardown)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
