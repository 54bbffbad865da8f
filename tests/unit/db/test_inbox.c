/* SPDX-License-Identifier: ISC */
/* Tests the inbox: order, turns of applications, their shares, its limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/ids.h"
#include "db/inbox.h"

#define KIB INT64_C(1024)
#define MANY 1000
#define APPLICATIONS 8

static struct inbox_item items[MANY];
static char names[APPLICATIONS][ID_OBJECT_SIZE];

/* An empty inbox, for the items of a test. */
static int
setup(void **state)
{
	struct inbox *in = calloc(1, sizeof(*in));
	int i;

	memset(items, 0, sizeof(items));
	for (i = 0; i < APPLICATIONS; i++)
		snprintf(names[i], sizeof(names[i]), "%024d", i);
	inbox_init(in, MANY, MANY * KIB);
	*state = in;
	return 0;
}

static int
teardown(void **state)
{
	struct inbox *in = *state;

	while (inbox_pop(in, INT64_MAX) != NULL)
		;
	assert_int_equal(in->items, 0);
	assert_int_equal(in->bytes, 0);
	free(in);
	return 0;
}

static enum inbox_outcome
add(struct inbox *in, int item, int application, int64_t bytes)
{
	items[item].application = names[application];
	items[item].bytes = bytes;
	return inbox_add(in, &items[item]);
}

static int
pop(struct inbox *in)
{
	struct inbox_item *item = inbox_pop(in, INT64_MAX);

	return item == NULL ? -1 : (int)(item - items);
}

static void
test_order(void **state)
{
	int i;

	assert_int_equal(pop(*state), -1);
	assert_null(inbox_oldest(*state));
	for (i = 0; i < 100; i++)
		assert_int_equal(add(*state, i, 0, i * 100), INBOX_ADDED);
	assert_ptr_equal(inbox_oldest(*state), &items[0]);
	for (i = 0; i < 100; i++)
		assert_int_equal(pop(*state), i);
	assert_int_equal(pop(*state), -1);
}

/* Applications that keep a queue get the same number of bytes, whatever the
 * size of their events, within a turn and an event. */
static void
test_turns(void **state)
{
	static const int64_t sizes[] = { 0, 1 * KIB, 7 * KIB, 40 * KIB };
	int64_t got[4] = { 0 }, least, most;
	int i, app, next = 0;

	((struct inbox *)*state)->max_bytes = INT64_MAX / 8;
	for (app = 0; app < 4; app++)
		for (i = 0; i < 200; i++)
			assert_int_equal(add(*state, next++, app, sizes[app]),
			    INBOX_ADDED);
	/* Until the first one is without events: those cost 1 KiB each. */
	for (i = 0; i < 400 && got[0] < 200 * KIB; i++) {
		app = pop(*state) / 200;
		got[app] += sizes[app] + KIB;
		least = most = got[0];
		for (int a = 1; a < 4; a++) {
			least = got[a] < least ? got[a] : least;
			most = got[a] > most ? got[a] : most;
		}
		assert_true(most - least <= 2 * (16 + 41) * KIB);
	}
	assert_int_equal(got[0], 200 * KIB);
}

/* An event behind many of another application is stored after a turn. */
static void
test_quiet_application(void **state)
{
	int i;

	for (i = 0; i < 500; i++)
		assert_int_equal(add(*state, i, 0, 100), INBOX_ADDED);
	assert_int_equal(add(*state, i, 1, 100), INBOX_ADDED);
	for (i = 0; pop(*state) != 500; i++)
		assert_true(i < 32);
}

/* An event that the rest of a batch has no room for stays. */
static void
test_room(void **state)
{
	assert_int_equal(add(*state, 0, 0, 5 * KIB), INBOX_ADDED);
	assert_null(inbox_pop(*state, 5 * KIB - 1));
	assert_ptr_equal(inbox_pop(*state, 5 * KIB), &items[0]);
}

/* One application leaves a fifth of the inbox to others, and they less and
 * less; one without events has access to all that is left. */
static void
test_shares(void **state)
{
	struct inbox *in = *state;
	int next = 0;

	while (add(in, next, 0, 0) == INBOX_ADDED)
		next++;
	assert_int_equal(next, MANY * 4 / 5);
	assert_int_equal(add(in, next, 0, 0), INBOX_SHARE);
	while (add(in, next, 1, 0) == INBOX_ADDED)
		next++;
	assert_int_equal(add(in, next, 1, 0), INBOX_SHARE);
	assert_true(in->items > MANY * 9 / 10 && in->items < MANY);
	assert_int_equal(add(in, next++, 2, 0), INBOX_ADDED);
	/* Its share grows again with the room. */
	while (in->items > MANY / 2)
		pop(in);
	assert_int_equal(add(in, next, 0, 0), INBOX_ADDED);
}

static void
test_limits(void **state)
{
	struct inbox *in = *state;

	assert_int_equal(add(in, 0, 0, MANY * KIB + 1), INBOX_FULL);
	assert_int_equal(add(in, 0, 0, MANY * KIB * 9 / 10), INBOX_ADDED);
	assert_int_equal(add(in, 1, 0, 1), INBOX_SHARE);
	assert_int_equal(add(in, 1, 1, MANY * KIB), INBOX_FULL);
	assert_int_equal(add(in, 1, 1, MANY * KIB / 10), INBOX_ADDED);
	assert_int_equal(add(in, 2, 2, 1), INBOX_FULL);
	in->max_items = 2;
	assert_int_equal(add(in, 2, 2, 0), INBOX_FULL);
}

/* The oldest ones are removed, as if their time were over. */
static void
test_oldest(void **state)
{
	int i;

	for (i = 0; i < 30; i++)
		assert_int_equal(add(*state, i, i % 3, 0), INBOX_ADDED);
	for (i = 0; i < 15; i++) {
		assert_ptr_equal(inbox_oldest(*state), &items[i]);
		inbox_remove(*state, &items[i]);
	}
	for (i = 15; i < 30; i++)
		assert_in_range(pop(*state), 15, 29);
	assert_int_equal(pop(*state), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quiet_application, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shares, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_oldest, setup, teardown)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
