/* SPDX-License-Identifier: ISC */
/* Tests the arena: alignment, zeroed pieces, strings and its release. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../unit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "no_memory.h"

static void
test_arena(void **state)
{
	struct arena a = ARENA_INIT;
	unsigned char *p[400];
	size_t i, j, n;

	(void)state;
	/* Sizes small, large and larger than a block, in turn. */
	for (i = 0; i < 400; i++) {
		n = i % 7 == 0 ? i * 37 : i % 50;
		p[i] = arena_alloc(&a, n);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		for (j = 0; j < n; j++)
			assert_int_equal(p[i][j], 0);
		memset(p[i], (int)(i % 255 + 1), n);
	}
	for (i = 0; i < 400; i++) {
		n = i % 7 == 0 ? i * 37 : i % 50;
		for (j = 0; j < n; j++)
			if (p[i][j] != i % 255 + 1)
				fail_msg("piece %zu was overwritten", i);
	}
	arena_release(&a);
	assert_null(a.head);
	arena_release(&a);
	assert_string_equal(arena_strdup(&a, "again"), "again");
	arena_release(&a);
}

static void
test_arena_strings(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf b;
	char *s;

	(void)state;
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_memory_equal(arena_copy(&a, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_copy(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(&a, NULL, 0), "");
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	/* A length that fills its piece, so that the NUL needs more room. */
	s = arena_copy(&a, "0123456789abcdef", 16);
	memset(arena_alloc(&a, 16), 'x', 16);
	assert_string_equal(s, "0123456789abcdef");
	s = arena_printf(&a, "%9999d", 1);
	assert_int_equal(strlen(s), 9999);
	buf_init(&b);
	assert_string_equal(arena_take(&a, &b), "");
	buf_add(&b, "x\0y", 3);
	assert_memory_equal(arena_take(&a, &b), "x\0y", 4);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.size, 0);
	arena_release(&a);
}

static void
arena_all(void)
{
	struct arena a = ARENA_INIT;

	arena_alloc(&a, SIZE_MAX);
}

static void
arena_wrapping(void)
{
	struct arena a = ARENA_INIT;

	arena_alloc(&a, SIZE_MAX - 40);
}

static void
test_no_memory(void **state)
{
	(void)state;
	assert_no_memory(arena_all);
	assert_no_memory(arena_wrapping);
}

/* A piece keeps its bytes while it grows among others. */
static void
test_resize(void **state)
{
	struct arena a = ARENA_INIT;
	size_t n = ARENA_SMALL_MAX + 1, done = 0;
	char *p, *other;

	(void)state;
	for (p = arena_alloc(&a, n); n < 1000000; n += n / 2) {
		p = arena_resize(&a, p, n);
		memset(p + done, (int)(n % 251), n - done);
		other = arena_alloc(&a, n % 3 == 0 ? n : 40);
		memset(other, 255, 40);
		assert_int_equal(p[n - 1], (char)(n % 251));
		assert_int_equal(p[done], (char)(n % 251));
		done = n;
	}
	assert_int_equal(p[0], (char)((ARENA_SMALL_MAX + 1) % 251));
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_arena_strings),
		cmocka_unit_test(test_no_memory)
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
