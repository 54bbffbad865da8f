/* SPDX-License-Identifier: ISC */
/* Tests errors: their texts, and the status, type and exit code of each. */
#include <string.h>
#include <sysexits.h>

#include "../unit.h"
#include "base/fail.h"

static void
test_err_set(void **state)
{
	char lengthy[2 * ERR_TEXT_SIZE];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_NOT_FOUND, "no %s", "hook"), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "no hook");
	assert_int_equal(err_prefix(&err, "line %d", 3), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "line 3: no hook");
	err_set(&err, ERR_CONFIG, "again: %s", err.text);
	assert_string_equal(err.text, "again: line 3: no hook");
	memset(lengthy, 'y', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	err_set(&err, ERR_CONFIG, "%s", lengthy);
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	err_prefix(&err, "x");
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	assert_memory_equal(err.text, "x: yyy", 6);
	err_prefix(&err, "%s", lengthy);
	assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
}

static void
test_err_table(void **state)
{
	int code;

	(void)state;
	for (code = ERR_NONE + 1; code < ERR__COUNT; code++) {
		if (err_status(code) < 400 || err_status(code) > 599 ||
		    err_type(code)[0] == '\0' || err_exit(code) < EX__BASE ||
		    err_exit(code) > EX__MAX)
			fail_msg("row %d", code);
	}
	assert_int_equal(err_status(ERR_BAD_REQUEST), 400);
	assert_string_equal(err_type(ERR_NOT_FOUND), "NotFound");
	assert_int_equal(err_status(ERR_UNCERTAIN), 503);
	assert_int_equal(err_exit(ERR_CONFIG), EX_CONFIG);
	assert_int_equal(err_exit(ERR_USAGE), EX_USAGE);
	assert_int_equal(err_exit(ERR_NONE), EX_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_set),
		cmocka_unit_test(test_err_table)
	};

	return cmocka_run_group_tests_name("fail", tests, NULL, NULL);
}
