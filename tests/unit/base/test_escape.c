/* SPDX-License-Identifier: ISC */
/* Tests the characters that are escaped in texts and in JSON. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "base/escape.h"

static const struct {
	const char *in;
	const char *text;
	const char *json;
} cases[] = {
	{ "", "", "" },
	{ "plain ~\\\"", "plain ~\\\"", "plain ~\\\"" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa3", "\xc3\xa9\xe2\x82\xac"
	    "\xf0\x9f\x8e\xa3", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xa3" },
	/* Combining marks and private characters are seen. */
	{ "e\xcc\x81\xee\x80\x80", "e\xcc\x81\xee\x80\x80",
	    "e\xcc\x81\xee\x80\x80" },
	{ "\x1b[2J", "\\x1b[2J", "\x1b[2J" },
	{ "a\r\nb\tc", "a\\x0d\\x0ab\\x09c", "a\r\nb\tc" },
	{ "\x7f", "\\x7f", "\\u007f" },
	/* C1 */
	{ "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"
	    "\xc2\xa0", "\\u0080\\u009b\\u009f\xc2\xa0" },
	/* Soft hyphen, Arabic letter mark. */
	{ "\xc2\xad\xd8\x9c", "\\xc2\\xad\\xd8\\x9c", "\\u00ad\\u061c" },
	/* Zero-width space, joiners, marks of direction. */
	{ "\xe2\x80\x8b\xe2\x80\x8f", "\\xe2\\x80\\x8b\\xe2\\x80\\x8f",
	    "\\u200b\\u200f" },
	/* Line and paragraph separators, overrides, isolates. */
	{ "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6",
	    "\\xe2\\x80\\xa8\\xe2\\x80\\xa9\\xe2\\x80\\xae\\xe2\\x81\\xa6",
	    "\\u2028\\u2029\\u202e\\u2066" },
	{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\ufeff" },
	/* Variation selectors, tags. */
	{ "\xef\xb8\x8f\xf3\xa0\x81\x81", "\\xef\\xb8\\x8f\\xf3\\xa0\\x81\\x81",
	    "\\ufe0f\\udb40\\udc41" },
	{ "\xf0\x9d\x85\xb3", "\\xf0\\x9d\\x85\\xb3", "\\ud834\\udd73" },
	/* The neighbours of hidden ranges. */
	{ "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf",
	    "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf",
	    "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf" },
	/* Bytes that are not UTF-8, such as C1 of other sets. */
	{ "a\x9b" "b\xc3", "a\\x9bb\\xc3", NULL },
	{ "\xc0\x80\xed\xa0\x80", "\\xc0\\x80\\xed\\xa0\\x80", NULL }
};

static void
test_cases(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		buf_init(&out);
		escape_text(&out, cases[i].in, strlen(cases[i].in), false);
		buf_addch(&out, '\0');
		if (strcmp(out.data, cases[i].text) != 0)
			fail_msg("cases[%zu]: %s", i, out.data);
		buf_release(&out);
		if (cases[i].json == NULL)
			continue;
		buf_init(&out);
		escape_json(&out, cases[i].in);
		buf_addch(&out, '\0');
		if (strcmp(out.data, cases[i].json) != 0)
			fail_msg("cases[%zu] as JSON: %s", i, out.data);
		buf_release(&out);
	}
}

static void
test_lines(void **state)
{
	static const char text[] = "a\tb\n\x1b\r\0c";
	struct buf out;

	(void)state;
	buf_init(&out);
	escape_text(&out, text, sizeof(text) - 1, true);
	assert_string_equal(out.data, "a\tb\n\\x1b\\x0d\\x00c");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lines)
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
