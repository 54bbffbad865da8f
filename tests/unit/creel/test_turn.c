/* SPDX-License-Identifier: ISC */
/* Tests the shares of the serving threads. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "creel/turn.h"

#define THREADS 8
#define MANY 64
#define STEPS 100000

static struct turns *turns;
static struct turn *given[MANY];	/* by ready(), in this order */
static int n_given;

static void
ready(struct turn *turn)
{
	given[n_given++] = turn;
}

static int
setup(void **state)
{
	(void)state;
	turns = turns_new(THREADS, ready);
	n_given = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	turns_free(&turns);
	assert_null(turns);
	turns_free(&turns);
	return 0;
}

/* Begins turns until one has to wait; returns their number without that. */
static int
begin_all(struct turn *t, const char *owner)
{
	int n = 0;

	while (turn_begin(turns, &t[n], owner))
		n++;
	return n;
}

/* One owner alone has half of the threads, further ones have some too. */
static void
test_shares(void **state)
{
	struct turn a[THREADS + 1] = { 0 }, b[THREADS + 1] = { 0 };
	struct turn c[THREADS + 1] = { 0 }, d[THREADS + 1] = { 0 };
	int i;

	(void)state;
	assert_int_equal(begin_all(a, "a"), THREADS / 2);
	assert_int_equal(begin_all(b, "b"), 2);
	assert_int_equal(begin_all(c, "c"), 1);
	assert_int_equal(begin_all(d, "d"), 1);
	for (i = 0; i <= THREADS; i++) {
		turn_end(turns, &d[i]);
		turn_end(turns, &c[i]);
		turn_end(turns, &b[i]);
		turn_end(turns, &a[i]);
	}
	assert_int_equal(begin_all(a, "a"), THREADS / 2);
	for (i = 0; i <= THREADS; i++)
		turn_end(turns, &a[i]);
}

/* A single thread goes from owner to owner, and the turns of each in their
 * order. */
static void
test_order(void **state)
{
	struct turn a[3] = { 0 }, b[2] = { 0 }, left = { 0 }, ended;
	struct turn *const order[] = { &a[1], &b[0], &b[1] };
	size_t i;

	(void)state;
	turns_free(&turns);
	turns = turns_new(1, ready);
	assert_true(turn_begin(turns, &a[0], "a"));
	assert_false(turn_begin(turns, &a[1], "a"));
	assert_false(turn_begin(turns, &left, "a"));
	assert_false(turn_begin(turns, &a[2], "a"));
	assert_false(turn_begin(turns, &b[0], "b"));
	assert_false(turn_begin(turns, &b[1], "b"));
	/* A request that ends while it waits has no turn. */
	turn_end(turns, &left);
	turn_end(turns, &left);
	turn_end(turns, &a[2]);
	turn_detach(&a[0], &ended);
	turn_end(turns, &a[0]);
	assert_int_equal(n_given, 0);
	turn_end(turns, &ended);
	for (i = 0; i < LENGTH(order); i++) {
		assert_int_equal(n_given, (int)i + 1);
		assert_ptr_equal(given[i], order[i]);
		turn_end(turns, order[i]);
	}
	assert_int_equal(n_given, (int)LENGTH(order));
}

/* Random requests: no more run than there are threads, and while one waits, the
 * threads are in use, or its owner has as many as are left. */
static void
test_random(void **state)
{
	static struct turn t[MANY];
	unsigned seed = 1, i;
	int step, running;
	char owner[16];

	(void)state;
	memset(t, 0, sizeof(t));
	for (step = 0; step < STEPS; step++) {
		seed = seed * 1103515245 + 12345;
		i = seed >> 16 & (MANY - 1);
		n_given = 0;
		snprintf(owner, sizeof(owner), "%u", i % 5);
		if (t[i].state == TURN_NONE)
			turn_begin(turns, &t[i], owner);
		else
			turn_end(turns, &t[i]);
		for (running = 0, i = 0; i < MANY; i++)
			running += t[i].state == TURN_GIVEN;
		assert_in_range(running, 0, THREADS);
		for (i = 0; i < MANY; i++)
			if (t[i].state == TURN_QUEUED)
				assert_true(running >= THREADS / 2);
	}
	for (i = 0; i < MANY; i++)
		turn_end(turns, &t[i]);
	for (i = 0; i < MANY; i++)
		turn_end(turns, &t[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shares, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
