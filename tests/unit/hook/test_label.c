/* SPDX-License-Identifier: ISC */
/* Tests labels: their characters and their length. */
#include <string.h>

#include "../unit.h"
#include "hook/label.h"

static const struct {
	const char *text;
	bool is_label;
} cases[] = {
	{ "289478969", true },
	{ "a", true },
	{ " ", true },
	{ "a, \"b\" {c} \\ '", true },
	{ "a?\?>>b", true },
	{ "\xc3\xbcn\xc3\xaf" "c\xc3\xb8" "d\xc3\xa9?>~", true },
	{ "\xf0\x9f\x90\x9f", true },
	{ "\xc2\xa0", true },		/* a blank, no control character */
	{ "", false },
	{ "a\n", false },
	{ "\x1f", false },
	{ "\x7f", false },
	{ "\xc2\x80", false },		/* controls beyond ASCII */
	{ "a\xc2\x9f", false },
	{ "\xff", false },		/* not UTF-8 */
	{ "\xc3", false }
};

static void
test_cases(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (label_is(cases[i].text, strlen(cases[i].text)) !=
		    cases[i].is_label)
			fail_msg("case %zu: %s", i, cases[i].text);
	assert_false(label_is("a\0b", 3));
}

/* Characters are counted, not bytes. */
static void
test_length(void **state)
{
	char text[LABEL_SIZE + 4];
	size_t i;

	(void)state;
	for (i = 0; i <= LABEL_MAX; i++)
		memcpy(text + 4 * i, "\xf0\x9f\x90\x9f", 4);
	assert_true(label_is(text, LABEL_SIZE - 1));
	assert_false(label_is(text, LABEL_SIZE + 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_length)
	};

	return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
