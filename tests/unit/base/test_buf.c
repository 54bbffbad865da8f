/* SPDX-License-Identifier: ISC */
/* Tests the buffer: appending, growing, reserving and detaching. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "no_memory.h"

static void
test_buf(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	buf_addstr(&b, "one");
	buf_addch(&b, ' ');
	buf_printf(&b, "%d %s", 2, "three");
	buf_printf(&b, "%s", "");
	assert_string_equal(b.data, "one 2 three");
	assert_int_equal(b.len, 11);
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.len, 13);
	assert_memory_equal(b.data, "one 2 three\0x", 14);
	buf_release(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

/* At every length, and so at the limit of each size. */
static void
test_buf_grow(void **state)
{
	struct buf one, all;
	size_t i;

	(void)state;
	buf_init(&one);
	for (i = 0; i < 1000; i++) {
		buf_addch(&one, (char)('a' + i % 26));
		assert_int_equal(one.len, i + 1);
		assert_int_equal(one.data[i + 1], '\0');
		buf_init(&all);
		buf_add(&all, one.data, one.len);
		assert_string_equal(all.data, one.data);
		buf_printf(&all, "%s", one.data);
		assert_int_equal(all.len, 2 * one.len);
		assert_string_equal(all.data + one.len, one.data);
		buf_release(&all);
	}
	buf_release(&one);
}

static void
test_buf_reserve(void **state)
{
	struct buf b;
	char *p;
	size_t n;

	(void)state;
	for (n = 0; n < 200; n++) {
		buf_init(&b);
		buf_addstr(&b, "head");
		memset(b.data + b.len, 'x', b.size - b.len);
		p = buf_reserve(&b, n);
		assert_ptr_equal(p, b.data + 4);
		memset(p, '.', n / 2);
		b.len += n / 2;
		assert_int_equal(strlen(b.data), 4 + n / 2);
		memset(b.data + b.len, '.', n - n / 2);
		b.len = 4 + n;
		assert_int_equal(strlen(b.data), 4 + n);
		buf_release(&b);
	}
}

static void
test_buf_detach(void **state)
{
	struct buf b;
	char *s;

	(void)state;
	buf_init(&b);
	s = buf_detach(&b);
	assert_string_equal(s, "");
	free(s);
	buf_addstr(&b, "text");
	s = buf_detach(&b);
	assert_string_equal(s, "text");
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_addstr(&b, "other");
	assert_string_equal(s, "text");
	free(s);
	buf_release(&b);
}

static void
reserve_all(void)
{
	struct buf b;

	buf_init(&b);
	buf_addstr(&b, "x");
	buf_reserve(&b, SIZE_MAX);
}

static void
reserve_wrapping(void)
{
	struct buf b;

	buf_init(&b);
	buf_addstr(&b, "x");
	buf_reserve(&b, SIZE_MAX - 1);
}

static void
test_no_memory(void **state)
{
	(void)state;
	assert_no_memory(reserve_all);
	assert_no_memory(reserve_wrapping);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_grow),
		cmocka_unit_test(test_buf_reserve),
		cmocka_unit_test(test_buf_detach),
		cmocka_unit_test(test_no_memory)
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
