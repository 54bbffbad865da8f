/* SPDX-License-Identifier: ISC */
/* Tests the hash table of objects by name. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/hashmap.h"

#define MANY (3 * HASHMAP_BUCKETS)

struct object {
	struct hashmap_entry entry;
	int n;
};

static struct hashmap map;

static struct object *
get(const char *name, bool expected)
{
	bool created;
	struct object *o = hashmap_get(&map, name, sizeof(*o), &created);

	assert_int_equal(created, expected);
	assert_string_equal(o->entry.name, name);
	return o;
}

static void
add(void *object, void *ctx)
{
	const struct object *o = object;

	*(int *)ctx += o->n;
}

static void
delete(void *object, void *ctx)
{
	struct object *o = object;

	(void)ctx;
	hashmap_delete(&o->entry);
}

/* More objects than buckets: each is found by its name, and only once. */
static void
test_many(void **state)
{
	char name[16];
	int i, sum = 0;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(get(name, true)->n, 0);
		get(name, false)->n = i;
	}
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(get(name, false)->n, i);
	}
	hashmap_each(&map, add, &sum);
	assert_int_equal(sum, MANY / 2 * (MANY - 1));
	hashmap_each(&map, delete, NULL);
	sum = 0;
	hashmap_each(&map, add, &sum);
	assert_int_equal(sum, 0);
}

/* A deleted object is not found: its name gets a zeroed one.  All bytes of a
 * name count, and it need not outlive the call. */
static void
test_names(void **state)
{
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	get("", true)->n = 1;
	get(name, true)->n = 2;
	name[sizeof(name) - 2] = 'y';
	get(name, true)->n = 3;
	name[sizeof(name) - 2] = 'x';
	assert_int_equal(get(name, false)->n, 2);
	hashmap_delete(&get(name, false)->entry);
	assert_int_equal(get(name, true)->n, 0);
	assert_int_equal(get("", false)->n, 1);
	hashmap_each(&map, delete, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_names)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
