/* SPDX-License-Identifier: ISC */
/* Tests cursors: the forms that are accepted, and their kinds. */
#include <string.h>

#include "../unit.h"
#include "event/cursor.h"

#define EVENT "01a2008d-7400-7abc-8def-0123456789ff"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *position;
	} good[] = {
		{ "f:1:" EVENT, "1" },
		{ "f:0:" EVENT, "0" },
		{ "f:999999999999999999:" EVENT, "999999999999999999" },
		{ "f:7:01A2008D-7400-7ABC-8DEF-0123456789FF", "7" },
	};
	struct cursor cursor;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(cursor_parse(good[i].text, &cursor));
		assert_int_equal(cursor.kind, 'f');
		assert_string_equal(cursor.position, good[i].position);
		assert_string_equal(cursor.event, EVENT);
	}
}

static void
test_rejects(void **state)
{
	static const char *const bad[] = {
		"", "f", "f:", "f:1", "f:1:", "f::" EVENT, ":1:" EVENT,
		"f1:" EVENT, "ff:1:" EVENT, "f:-1:" EVENT, "f: 1:" EVENT,
		"f:1x:" EVENT, "f:1:x", "f:1:" EVENT "0", "f:1:" EVENT ":",
		"f:1000000000000000000:" EVENT, "f:1::" EVENT, "f;1:" EVENT,
	};
	struct cursor cursor;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(cursor_parse(bad[i], &cursor));
}

static void
test_set(void **state)
{
	struct cursor cursor;

	(void)state;
	assert_true(cursor_parse("f:123456:" EVENT, &cursor));
	cursor_set(&cursor, "7", "00000000-0000-0000-0000-000000000000");
	assert_int_equal(cursor.kind, 'f');
	assert_string_equal(cursor.position, "7");
	assert_string_equal(cursor.event,
	    "00000000-0000-0000-0000-000000000000");
}

static void
test_kinds(void **state)
{
	static const struct cursor_kind kinds[] = {
		{ 'a', "newest", SQL_NONE }, { 'b', "", SQL_NONE },
		{ 'c', "oldest", SQL_NONE }, CURSOR_KINDS_END
	};

	(void)state;
	assert_ptr_equal(cursor_kind(kinds, 'a'), &kinds[0]);
	assert_ptr_equal(cursor_kind(kinds, 'b'), &kinds[1]);
	assert_ptr_equal(cursor_kind(kinds, 'c'), &kinds[2]);
	assert_null(cursor_kind(kinds, 'd'));
	assert_null(cursor_kind(kinds, '\0'));
	assert_ptr_equal(cursor_begin(kinds, NULL), &kinds[0]);
	assert_ptr_equal(cursor_begin(kinds, "newest"), &kinds[0]);
	assert_ptr_equal(cursor_begin(kinds, "oldest"), &kinds[2]);
	assert_null(cursor_begin(kinds, "old"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
