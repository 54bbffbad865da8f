/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"
#include "base/rate.h"
#include "fake_clock.h"

/* How many of n are let through. */
static int
taken(struct rate *r, const char *key, int n, int64_t limit)
{
	int let = 0;

	for (; n > 0; n--)
		let += rate_take(r, key, limit);
	return let;
}

static void
test_window(void **state)
{
	struct rate *r = NULL;
	struct err err;

	(void)state;
	assert_int_equal(rate_open("", &r, &err), 0);
	assert_int_equal(taken(r, "a", 10, 3), 3);
	assert_int_equal(taken(r, "b", 10, 3), 3);
	now.tv_sec += 9;
	assert_int_equal(taken(r, "a", 10, 3), 0);
	now.tv_sec += 1;
	assert_int_equal(taken(r, "a", 10, 3), 3);
	rate_close(&r);
	assert_null(r);
}

/* A look counts nothing, and takes no slot. */
static void
test_peek(void **state)
{
	struct rate *r = NULL;
	struct err err;
	int i;

	(void)state;
	assert_int_equal(rate_open("", &r, &err), 0);
	for (i = 0; i < 10; i++)
		assert_true(rate_peek(r, "a", 3));
	assert_int_equal(taken(r, "a", 3, 3), 3);
	assert_true(rate_peek(r, "a", 3));
	assert_int_equal(taken(r, "a", 1, 3), 0);
	assert_false(rate_peek(r, "a", 3));
	assert_true(rate_peek(r, "a", 4));
	assert_true(rate_peek(r, "b", 3));
	now.tv_sec += 10;
	assert_true(rate_peek(r, "a", 3));
	rate_close(&r);
}

/* Many keys at once, of which each has its own count; then others take their
 * places. */
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
			assert_int_equal(taken(r, key, 3, 2), 2);
		}
		now.tv_sec += 10;
	}
	rate_close(&r);
}

/* More keys than there is room for: nothing is refused for that. */
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
	assert_int_equal(taken(a, "k", 2, 3), 2);
	assert_int_equal(taken(b, "k", 2, 3), 1);
	rate_close(&a);
	rate_close(&b);
	/* One who comes later goes on. */
	assert_int_equal(rate_open(dir, &a, &err), 0);
	assert_int_equal(taken(a, "k", 1, 3), 0);
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
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_shared)
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
