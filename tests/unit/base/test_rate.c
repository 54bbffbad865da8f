/* SPDX-License-Identifier: ISC */
/* Tests rate limits: windows, many keys, and processes that share them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"
#include "base/rate.h"
#include "fake_clock.h"

/* Returns how many of n requests are accepted. */
static int
accepted(struct rate *r, const char *key, int n, int64_t limit)
{
	int count = 0;

	for (; n > 0; n--)
		count += rate_take(r, key, limit);
	return count;
}

static void
test_window(void **state)
{
	struct rate *r = NULL;
	struct err err;

	(void)state;
	assert_int_equal(rate_open("", &r, &err), 0);
	assert_int_equal(accepted(r, "a", 10, 3), 3);
	assert_int_equal(accepted(r, "b", 10, 3), 3);
	now.tv_sec += 9;
	assert_int_equal(accepted(r, "a", 10, 3), 0);
	now.tv_sec += 1;
	assert_int_equal(accepted(r, "a", 10, 3), 3);
	rate_close(&r);
	assert_null(r);
}

/* Many keys at once have counts of their own; then others replace them. */
static void
test_many_keys(void **state)
{
	struct rate *r = NULL;
	struct err err;
	char key[32];
	int round, i;

	(void)state;
	assert_int_equal(rate_open("", &r, &err), 0);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 4000; i++) {
			snprintf(key, sizeof(key), "%d.%d", round, i);
			assert_int_equal(accepted(r, key, 3, 2), 2);
		}
		now.tv_sec += 10;
	}
	rate_close(&r);
}

/* More keys than slots: no request is rejected for that. */
static void
test_no_room(void **state)
{
	struct rate *r = NULL;
	struct err err;
	char key[32];
	int i;

	(void)state;
	assert_int_equal(rate_open("", &r, &err), 0);
	for (i = 0; i < 40000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_true(rate_take(r, key, 1));
	}
	rate_close(&r);
}

static void
test_shared(void **state)
{
	char dir[] = "/tmp/test_rate.XXXXXX", file[64];
	struct rate *a = NULL, *b = NULL;
	struct err err;
	FILE *names;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(rate_open(dir, &a, &err), 0);
	assert_int_equal(rate_open(dir, &b, &err), 0);
	assert_int_equal(accepted(a, "k", 2, 3), 2);
	assert_int_equal(accepted(b, "k", 2, 3), 1);
	rate_close(&a);
	rate_close(&b);
	/* A process that starts later continues the count. */
	assert_int_equal(rate_open(dir, &a, &err), 0);
	assert_int_equal(accepted(a, "k", 1, 3), 0);
	rate_close(&a);
	snprintf(file, sizeof(file), "%s/rates-%zu", dir,
	    (size_t)16384 * 2 * sizeof(uint64_t));
	names = fopen(file, "r");
	assert_non_null(names);
	fclose(names);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rate_open(dir, &a, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_shared)
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
