/* SPDX-License-Identifier: ISC */
/* Tests the filter of known addresses. */
#include <stdio.h>

#include "../unit.h"
#include "db/known.h"

#define MANY 100000

static const char *
handle(const char *prefix, int n)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s%d", prefix, n);
	return text;
}

static void
load(struct known *k, size_t expected, const char *prefix, int n)
{
	int i;

	known_load(k, expected);
	for (i = 0; i < n; i++)
		assert_true(known_add(k, "webhook", handle(prefix, i)));
	known_loaded(k);
}

/* Of the addresses of a load, all are known; of others, one in a thousand at
 * most. */
static void
test_load(void **state)
{
	struct known *k = known_new();
	int i, wrong = 0;

	(void)state;
	assert_false(known_has(k, "webhook", "a0"));
	load(k, MANY, "a", MANY);
	for (i = 0; i < MANY; i++) {
		assert_true(known_has(k, "webhook", handle("a", i)));
		wrong += known_has(k, "webhook", handle("b", i));
	}
	assert_true(wrong < MANY / 1000);
	wrong = 0;
	for (i = 0; i < MANY; i++)
		wrong += known_has(k, "form", handle("a", i));
	assert_true(wrong < MANY / 1000);
	known_free(&k);
	assert_null(k);
	known_free(&k);
}

/* During a load, the last one and new addresses are known; afterwards, what was
 * not loaded again is not. */
static void
test_load_again(void **state)
{
	struct known *k = known_new();

	(void)state;
	known_load(k, 0);
	assert_true(known_add(k, "key", "first"));
	assert_true(known_has(k, "key", "first"));
	known_loaded(k);
	assert_true(known_add(k, "key", "later"));
	known_load(k, 0);
	assert_true(known_add(k, "key", "new"));
	assert_true(known_has(k, "key", "first"));
	assert_true(known_has(k, "key", "later"));
	assert_true(known_has(k, "key", "new"));
	/* An unfinished load is replaced. */
	known_load(k, 0);
	assert_true(known_add(k, "key", "later"));
	known_loaded(k);
	assert_false(known_has(k, "key", "first"));
	assert_true(known_has(k, "key", "later"));
	assert_false(known_has(k, "keyl", "ater"));
	known_free(&k);
}

/* Far more addresses than expected require another load. */
static void
test_full(void **state)
{
	struct known *k = known_new();
	int i;

	(void)state;
	known_load(k, 10);
	for (i = 0; known_add(k, "key", handle("a", i)); i++)
		assert_true(i < MANY);
	assert_true(i > 10000);
	load(k, (size_t)i, "a", i);
	assert_true(known_add(k, "key", "b"));
	known_free(&k);
}

/* A tenant that changes one hook all the time causes no further load. */
static void
test_add_again(void **state)
{
	struct known *k = known_new();
	int i;

	(void)state;
	load(k, 10, "a", 10);
	for (i = 0; i < MANY; i++)
		assert_true(known_add(k, "webhook", handle("a", i % 10)));
	known_free(&k);
}

/* While addresses may be missing, each seems known, until a load ends or it is
 * known that none will. */
static void
test_doubt(void **state)
{
	struct known *k = known_new();

	(void)state;
	known_doubt(k, true);
	known_load(k, 0);
	known_add(k, "key", "a");
	assert_true(known_has(k, "key", "b"));
	known_loaded(k);
	assert_true(known_has(k, "key", "a"));
	assert_false(known_has(k, "key", "b"));
	known_doubt(k, true);
	assert_true(known_has(k, "key", "b"));
	known_doubt(k, false);
	assert_false(known_has(k, "key", "b"));
	known_free(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_again),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_add_again),
		cmocka_unit_test(test_doubt)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
