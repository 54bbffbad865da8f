/* SPDX-License-Identifier: ISC */
/* Tests the allocator: zeroed and resized memory, and the exit without any. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/mem.h"
#include "no_memory.h"

static void
test_mem(void **state)
{
	static const char zeros[64];
	char *p = mem_alloc(sizeof(zeros)), *s;

	(void)state;
	assert_memory_equal(p, zeros, sizeof(zeros));
	memset(p, 'x', sizeof(zeros));
	p = mem_resize(p, 100000);
	assert_memory_equal(p, "xxxxxxxx", 8);
	free(p);
	p = mem_alloc(0);
	assert_non_null(p);
	p = mem_resize(p, 0);
	assert_non_null(p);
	free(p);
	s = mem_strdup("text");
	assert_string_equal(s, "text");
	free(s);
}

static void
alloc_all(void)
{
	mem_alloc(SIZE_MAX - 4096);
}

static void
resize_all(void)
{
	mem_resize(NULL, SIZE_MAX - 4096);
}

static void
test_no_memory(void **state)
{
	(void)state;
	assert_no_memory(alloc_all);
	assert_no_memory(resize_all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mem),
		cmocka_unit_test(test_no_memory)
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
