/* SPDX-License-Identifier: ISC */
/* Tests words in texts of others. */
#include <string.h>

#include "../unit.h"
#include "base/word.h"

static void
test_is(void **state)
{
	(void)state;
	assert_true(word_is("gzip, x", 4, "gzip"));
	assert_true(word_is("GZip", 4, "gZIP"));
	assert_true(word_is("x", 0, ""));
	assert_false(word_is("gzip", 3, "gzip"));
	assert_false(word_is("gzipx", 5, "gzip"));
	assert_false(word_is("gzap", 4, "gzip"));
	assert_false(word_is("", 0, "gzip"));
}

/* A NUL is not a blank. */
static void
test_trim(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *left;
		size_t n_left;
	} cases[] = {
		{ "a", 1, "a", 1 }, { " \ta b\t ", 7, "a b", 3 },
		{ "a ", 1, "a", 1 }, { " ", 1, "", 0 }, { "", 0, "", 0 },
		{ " \t \t", 4, "", 0 }, { "\n a", 3, "\n a", 3 },
		{ " \0 ", 3, "\0", 1 }, { "\0", 1, "\0", 1 }
	};
	const char *s;
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		s = cases[i].text;
		n = word_trim(&s, cases[i].n, " \t");
		if (n != cases[i].n_left ||
		    memcmp(s, cases[i].left, n) != 0)
			fail_msg("case %zu: %zu", i, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_trim)
	};

	return cmocka_run_group_tests_name("word", tests, NULL, NULL);
}
