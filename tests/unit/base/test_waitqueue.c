/* SPDX-License-Identifier: ISC */
/* Tests the wait queue: places, wake-ups, timeouts, and its stop. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/waitqueue.h"
#include "fake_clock.h"

#define ONE "000000000000000000000001"
#define TWO "000000000000000000000002"

static void
pass(long ms)
{
	now.tv_nsec += ms * 1000000;
	now.tv_sec += now.tv_nsec / 1000000000;
	now.tv_nsec %= 1000000000;
}

static int64_t
in(int64_t ms)
{
	return now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
}

static bool
flag_gone(void *ctx)
{
	return *(const bool *)ctx;
}

/* Expires waiters as often as a second does. */
static void
expire_all(struct waitqueue *w)
{
	int i;

	for (i = 0; i < 1000 / WAITQUEUE_TICK_MS; i++)
		waitqueue_expire(w);
}

static void
begin(struct waitqueue *w, struct waiter *waiter, const char *key)
{
	struct err err;

	snprintf(waiter->key, sizeof(waiter->key), "%s", key);
	assert_int_equal(waitqueue_enter(w, waiter, ONE, &err), 0);
	waitqueue_begin(w, waiter);
	assert_ptr_equal(waitqueue_next(w), waiter);
}

static void
test_places(void **state)
{
	struct waitqueue *w = waitqueue_new(3, 2);
	struct waiter a[3] = { { .ctx = NULL } }, b[2] = { { .ctx = NULL } };
	struct err err;

	(void)state;
	assert_int_equal(waitqueue_enter(w, &a[0], ONE, &err), 0);
	assert_int_equal(waitqueue_enter(w, &a[1], ONE, &err), 0);
	assert_int_equal(waitqueue_enter(w, &a[2], ONE, &err), -1);
	assert_int_equal(err.code, ERR_RATE);
	assert_non_null(strstr(err.text, "(waiting_application)"));
	assert_int_equal(waitqueue_enter(w, &b[0], TWO, &err), 0);
	assert_int_equal(waitqueue_enter(w, &b[1], TWO, &err), -1);
	assert_non_null(strstr(err.text, "(waiting)"));
	waitqueue_leave(w, &a[0]);
	assert_int_equal(waitqueue_enter(w, &a[2], ONE, &err), 0);
	waitqueue_leave(w, &a[1]);
	waitqueue_leave(w, &a[2]);
	waitqueue_leave(w, &b[0]);
	assert_false(waitqueue_any(w));
	waitqueue_free(&w);
}

static void
test_no_places(void **state)
{
	static const int64_t most[][2] = { { 0, 1 }, { 1, 0 } };
	struct waiter waiter = { .ctx = NULL };
	struct waitqueue *w;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		w = waitqueue_new(most[i][0], most[i][1]);
		assert_int_equal(waitqueue_enter(w, &waiter, ONE, &err), -1);
		waitqueue_free(&w);
	}
}

static void
test_keys(void **state)
{
	struct waitqueue *w = waitqueue_new(9, 9);
	struct waiter a = { .ctx = NULL }, b = { .ctx = NULL };

	(void)state;
	begin(w, &a, "a");
	begin(w, &b, "b");
	waitqueue_park(w, &a, in(1000));
	waitqueue_park(w, &b, in(2000));
	waitqueue_wake(w, "c");
	assert_null(waitqueue_next(w));
	waitqueue_wake(w, "b");
	waitqueue_wake(w, "b");
	assert_ptr_equal(waitqueue_next(w), &b);
	assert_null(waitqueue_next(w));
	/* A wake-up during a check is not lost. */
	waitqueue_wake(w, "b");
	waitqueue_park(w, &b, in(2000));
	assert_ptr_equal(waitqueue_next(w), &b);
	waitqueue_park(w, &b, in(2000));
	assert_null(waitqueue_next(w));
	pass(1000);
	waitqueue_expire(w);
	assert_ptr_equal(waitqueue_next(w), &a);
	assert_null(waitqueue_next(w));
	waitqueue_leave(w, &a);
	waitqueue_leave(w, &b);
	waitqueue_free(&w);
}

static void
key_add(const char *key, void *ctx)
{
	char *keys = ctx;

	if (strstr(keys, key) == NULL)
		strcat(strcat(keys, key), ",");
}

/* The keys with a prefix, whatever their waiters do. */
static void
test_keys_with_a_prefix(void **state)
{
	struct waitqueue *w = waitqueue_new(9, 9);
	struct waiter events[2] = { { .ctx = NULL } }, other = { .ctx = NULL };
	char keys[3 * WAITQUEUE_KEY_SIZE] = "";

	(void)state;
	begin(w, &events[0], "events " ONE);
	begin(w, &events[1], "events " ONE);
	begin(w, &other, "commands " ONE);
	waitqueue_park(w, &events[0], INT64_MAX);
	waitqueue_keys(w, "events ", key_add, keys);
	assert_string_equal(keys, "events " ONE ",");
	waitqueue_leave(w, &events[0]);
	waitqueue_leave(w, &events[1]);
	*keys = '\0';
	waitqueue_keys(w, "events ", key_add, keys);
	assert_string_equal(keys, "");
	waitqueue_leave(w, &other);
	waitqueue_free(&w);
}

/* The first wake-up has effect at once, those that follow have it together. */
static void
test_interval(void **state)
{
	struct waitqueue *w = waitqueue_new(9, 9);
	struct waiter a = { .interval = 100 };
	int i;

	(void)state;
	begin(w, &a, "a");
	waitqueue_park(w, &a, in(5000));
	waitqueue_wake(w, "a");
	assert_ptr_equal(waitqueue_next(w), &a);
	for (i = 0; i < 3; i++) {
		waitqueue_wake(w, "a");
		waitqueue_park(w, &a, in(5000));
		waitqueue_wake(w, "a");
		waitqueue_expire(w);
		assert_null(waitqueue_next(w));
		pass(99);
		waitqueue_wake(w, "a");
		waitqueue_expire(w);
		assert_null(waitqueue_next(w));
		pass(1);
		waitqueue_expire(w);
		assert_ptr_equal(waitqueue_next(w), &a);
	}
	/* Without wake-ups, a check is due by its time. */
	waitqueue_park(w, &a, in(500));
	pass(500);
	waitqueue_expire(w);
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_park(w, &a, in(500));
	waitqueue_wake(w, "a");
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_leave(w, &a);
	waitqueue_free(&w);
}

/* A deadline before the interval's end is not delayed. */
static void
test_interval_and_deadline(void **state)
{
	struct waitqueue *w = waitqueue_new(9, 9);
	struct waiter a = { .interval = 100 };

	(void)state;
	begin(w, &a, "a");
	waitqueue_wake(w, "a");
	waitqueue_park(w, &a, in(5000));
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_park(w, &a, in(30));
	waitqueue_wake(w, "a");
	pass(30);
	waitqueue_expire(w);
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_leave(w, &a);
	waitqueue_free(&w);
}

static void
test_gone(void **state)
{
	bool gone = false;
	struct waitqueue *w = waitqueue_new(9, 9);
	struct waiter a = { .ctx = &gone, .gone = flag_gone };

	(void)state;
	begin(w, &a, "a");
	waitqueue_park(w, &a, in(5000));
	expire_all(w);
	assert_null(waitqueue_next(w));
	gone = true;
	expire_all(w);
	assert_ptr_equal(waitqueue_next(w), &a);
	/* Not while a thread serves the waiter. */
	expire_all(w);
	assert_null(waitqueue_next(w));
	waitqueue_leave(w, &a);
	assert_false(waitqueue_any(w));
	waitqueue_free(&w);
}

static void
test_stop(void **state)
{
	struct waitqueue *w = waitqueue_new(9, 9);
	struct waiter a = { .interval = 100 }, b = { .interval = 100 };

	(void)state;
	begin(w, &a, "a");
	waitqueue_park(w, &a, in(5000));
	waitqueue_wake(w, "a");
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_park(w, &a, in(5000));
	begin(w, &b, "b");
	assert_false(waitqueue_stopping(w));
	waitqueue_stop(w);
	assert_true(waitqueue_stopping(w));
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_park(w, &b, in(5000));
	assert_ptr_equal(waitqueue_next(w), &b);
	waitqueue_leave(w, &b);
	/* After the stop a request may wait on, and its reply wakes it. */
	waitqueue_park(w, &a, in(5000));
	pass(100);
	waitqueue_wake(w, "a");
	assert_ptr_equal(waitqueue_next(w), &a);
	waitqueue_leave(w, &a);
	waitqueue_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_no_places),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_keys_with_a_prefix),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_interval_and_deadline),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_stop)
	};

	return cmocka_run_group_tests_name("waitqueue", tests, NULL, NULL);
}
