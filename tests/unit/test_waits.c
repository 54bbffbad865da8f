#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "db/waits.h"

#define ONE "000000000000000000000001"
#define TWO "000000000000000000000002"

/* The clock, which the tests set; in place of the C library's. */
static struct timespec now = { 1000, 0 };

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = now;
	return 0;
}

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

/* As often as in a second. */
static void
expire_all(struct waits *w)
{
	int i;

	for (i = 0; i < 1000 / WAITS_TICK_MS; i++)
		waits_expire(w);
}

static void
begin(struct waits *w, struct waiter *waiter, const char *key)
{
	struct err err;

	snprintf(waiter->key, sizeof(waiter->key), "%s", key);
	assert_int_equal(waits_enter(w, waiter, ONE, &err), 0);
	waits_begin(w, waiter);
	assert_ptr_equal(waits_next(w), waiter);
}

static void
test_places(void **state)
{
	struct waits *w = waits_new(3, 2);
	struct waiter a[3] = { { .ctx = NULL } }, b[2] = { { .ctx = NULL } };
	struct err err;

	(void)state;
	assert_int_equal(waits_enter(w, &a[0], ONE, &err), 0);
	assert_int_equal(waits_enter(w, &a[1], ONE, &err), 0);
	assert_int_equal(waits_enter(w, &a[2], ONE, &err), -1);
	assert_int_equal(err.code, ERR_RATE);
	assert_non_null(strstr(err.text, "(waiting_application)"));
	assert_int_equal(waits_enter(w, &b[0], TWO, &err), 0);
	assert_int_equal(waits_enter(w, &b[1], TWO, &err), -1);
	assert_non_null(strstr(err.text, "(waiting)"));
	waits_leave(w, &a[0]);
	assert_int_equal(waits_enter(w, &a[2], ONE, &err), 0);
	waits_leave(w, &a[1]);
	waits_leave(w, &a[2]);
	waits_leave(w, &b[0]);
	assert_false(waits_any(w));
	waits_free(&w);
}

static void
test_nobody_may(void **state)
{
	static const int64_t most[][2] = { { 0, 1 }, { 1, 0 } };
	struct waiter waiter = { .ctx = NULL };
	struct waits *w;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		w = waits_new(most[i][0], most[i][1]);
		assert_int_equal(waits_enter(w, &waiter, ONE, &err), -1);
		waits_free(&w);
	}
}

static void
test_keys(void **state)
{
	struct waits *w = waits_new(9, 9);
	struct waiter a = { .ctx = NULL }, b = { .ctx = NULL };

	(void)state;
	begin(w, &a, "a");
	begin(w, &b, "b");
	waits_hold(w, &a, in(1000));
	waits_hold(w, &b, in(2000));
	waits_wake(w, "c");
	assert_null(waits_next(w));
	waits_wake(w, "b");
	waits_wake(w, "b");
	assert_ptr_equal(waits_next(w), &b);
	assert_null(waits_next(w));
	/* A word that comes while it looks. */
	waits_wake(w, "b");
	waits_hold(w, &b, in(2000));
	assert_ptr_equal(waits_next(w), &b);
	waits_hold(w, &b, in(2000));
	assert_null(waits_next(w));
	pass(1000);
	waits_expire(w);
	assert_ptr_equal(waits_next(w), &a);
	assert_null(waits_next(w));
	waits_leave(w, &a);
	waits_leave(w, &b);
	waits_free(&w);
}

/* The first word counts at once, those that follow together. */
static void
test_interval(void **state)
{
	struct waits *w = waits_new(9, 9);
	struct waiter a = { .interval = 100 };
	int i;

	(void)state;
	begin(w, &a, "a");
	waits_hold(w, &a, in(5000));
	waits_wake(w, "a");
	assert_ptr_equal(waits_next(w), &a);
	for (i = 0; i < 3; i++) {
		waits_wake(w, "a");
		waits_hold(w, &a, in(5000));
		waits_wake(w, "a");
		waits_expire(w);
		assert_null(waits_next(w));
		pass(99);
		waits_wake(w, "a");
		waits_expire(w);
		assert_null(waits_next(w));
		pass(1);
		waits_expire(w);
		assert_ptr_equal(waits_next(w), &a);
	}
	/* A quiet time, in which a look falls due by itself. */
	waits_hold(w, &a, in(500));
	pass(500);
	waits_expire(w);
	assert_ptr_equal(waits_next(w), &a);
	waits_hold(w, &a, in(500));
	waits_wake(w, "a");
	assert_ptr_equal(waits_next(w), &a);
	waits_leave(w, &a);
	waits_free(&w);
}

/* What is due earlier than the interval's end is not put off. */
static void
test_interval_and_deadline(void **state)
{
	struct waits *w = waits_new(9, 9);
	struct waiter a = { .interval = 100 };

	(void)state;
	begin(w, &a, "a");
	waits_wake(w, "a");
	waits_hold(w, &a, in(5000));
	assert_ptr_equal(waits_next(w), &a);
	waits_hold(w, &a, in(30));
	waits_wake(w, "a");
	pass(30);
	waits_expire(w);
	assert_ptr_equal(waits_next(w), &a);
	waits_leave(w, &a);
	waits_free(&w);
}

static void
test_gone(void **state)
{
	bool gone = false;
	struct waits *w = waits_new(9, 9);
	struct waiter a = { .ctx = &gone, .gone = flag_gone };

	(void)state;
	begin(w, &a, "a");
	waits_hold(w, &a, in(5000));
	expire_all(w);
	assert_null(waits_next(w));
	gone = true;
	expire_all(w);
	assert_ptr_equal(waits_next(w), &a);
	/* Not while a thread has it. */
	expire_all(w);
	assert_null(waits_next(w));
	waits_leave(w, &a);
	assert_false(waits_any(w));
	waits_free(&w);
}

static void
test_stop(void **state)
{
	struct waits *w = waits_new(9, 9);
	struct waiter a = { .interval = 100 }, b = { .interval = 100 };

	(void)state;
	begin(w, &a, "a");
	waits_hold(w, &a, in(5000));
	waits_wake(w, "a");
	assert_ptr_equal(waits_next(w), &a);
	waits_hold(w, &a, in(5000));
	begin(w, &b, "b");
	assert_false(waits_stopping(w));
	waits_stop(w);
	assert_true(waits_stopping(w));
	assert_ptr_equal(waits_next(w), &a);
	waits_hold(w, &b, in(5000));
	assert_ptr_equal(waits_next(w), &b);
	waits_leave(w, &b);
	/* A caller is held on, and woken by its reply all the same. */
	waits_hold(w, &a, in(5000));
	pass(100);
	waits_wake(w, "a");
	assert_ptr_equal(waits_next(w), &a);
	waits_leave(w, &a);
	waits_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_nobody_may),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_interval_and_deadline),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_stop)
	};

	return cmocka_run_group_tests_name("waits", tests, NULL, NULL);
}
