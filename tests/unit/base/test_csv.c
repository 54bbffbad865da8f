/* SPDX-License-Identifier: ISC */
/* Tests CSV values: quotes, and texts that a spreadsheet takes for formulas. */
#include <string.h>

#include "../unit.h"
#include "base/csv.h"

static const struct {
	const char *text;
	const char *value;	/* not text-like */
	const char *words;	/* text-like */
} cases[] = {
	{ "", "", "\"\"" },
	{ "a", "a", "\"a\"" },
	{ "-5", "-5", "\"'-5\"" },
	{ "+1.5e7", "+1.5e7", "\"'+1.5e7\"" },
	{ "2025-07-22", "2025-07-22", "\"2025-07-22\"" },
	{ "a,b", "\"a,b\"", "\"a,b\"" },
	{ "a;b", "\"a;b\"", "\"a;b\"" },
	{ "a\tb", "\"a\tb\"", "\"a\tb\"" },
	{ "a\r\nb", "\"a\r\nb\"", "\"a\r\nb\"" },
	{ "\"", "\"\"\"\"", "\"\"\"\"" },
	{ "say \"x\"", "\"say \"\"x\"\"\"", "\"say \"\"x\"\"\"" },
	{ "\"\"", "\"\"\"\"\"\"", "\"\"\"\"\"\"" },
	{ "a=1", "a=1", "\"a=1\"" },
	{ "'=1", "'=1", "\"'=1\"" },
	{ " a", " a", "\" a\"" },
	/* Formulas */
	{ "=1+2\";=1+2", "\"=1+2\"\";=1+2\"", "\"'=1+2\"\";=1+2\"" },
	{ "=1+2'\" ;,=1+2", "\"=1+2'\"\" ;,=1+2\"",
	    "\"'=1+2'\"\" ;,=1+2\"" },
	{ "=", "=", "\"'=\"" }, { "@SUM(1)", "@SUM(1)", "\"'@SUM(1)\"" },
	{ "\t=1", "\"\t=1\"", "\"'\t=1\"" }, { "\r", "\"\r\"", "\"'\r\"" },
	{ "\n-1", "\"\n-1\"", "\"'\n-1\"" },
	{ "  =1", "  =1", "\"'  =1\"" },
	{ "\xc2\xa0=1", "\xc2\xa0=1", "\"'\xc2\xa0=1\"" },
	{ " \xe3\x80\x80\xef\xbb\xbf+1", " \xe3\x80\x80\xef\xbb\xbf+1",
	    "\"' \xe3\x80\x80\xef\xbb\xbf+1\"" },
	{ "\xef\xbc\x9d" "1", "\xef\xbc\x9d" "1", "\"'\xef\xbc\x9d" "1\"" },
	{ "\xef\xbc\x8b" "1", "\xef\xbc\x8b" "1", "\"'\xef\xbc\x8b" "1\"" },
	{ "\xef\xbc\x8d" "1", "\xef\xbc\x8d" "1", "\"'\xef\xbc\x8d" "1\"" },
	{ "\xef\xbc\xa0" "a", "\xef\xbc\xa0" "a", "\"'\xef\xbc\xa0" "a\"" },
	{ "\xef\xbc\x8e", "\xef\xbc\x8e", "\"\xef\xbc\x8e\"" },
	{ "\xef\xbc", "\xef\xbc", "\"\xef\xbc\"" }
};

static void
check(size_t i, bool words, const char *expected)
{
	struct buf b;

	buf_init(&b);
	buf_addch(&b, ',');
	csv_put(&b, cases[i].text, strlen(cases[i].text), words);
	if (b.data[0] != ',' || strcmp(b.data + 1, expected) != 0)
		fail_msg("cases[%zu]: %s", i, b.data);
	buf_release(&b);
}

static void
test_cases(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		check(i, false, cases[i].value);
		check(i, true, cases[i].words);
	}
	buf_init(&b);
	csv_put(&b, "\0=1", 3, true);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "\"'\0=1\"", 6);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases)
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
