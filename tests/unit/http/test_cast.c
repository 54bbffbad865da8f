/* SPDX-License-Identifier: ISC */
/* Tests casts of bytes to JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/jsn.h"
#include "base/mem.h"
#include "http/cast.h"

#define T(s) s, sizeof(s) - 1
#define FFFD "\xef\xbf\xbd"

/* A cast appends, and does not read beyond the bytes. */
static void
check(enum cast cast, const char *bytes, size_t len, const char *expected)
{
	char *exact = mem_alloc(len);
	struct jsn_scan scan;
	struct err err;
	struct buf b;

	memcpy(exact, bytes, len);
	buf_init(&b);
	buf_addstr(&b, "[0,");
	cast_json(&b, exact, len, cast);
	free(exact);
	buf_addch(&b, ']');
	if (jsn_scan(b.data, b.len, 3, &scan, &err) < 0)
		fail_msg("%s: %s", b.data, err.text);
	b.data[--b.len] = '\0';
	assert_string_equal(b.data + 3, expected);
	assert_int_equal(b.len, strlen(b.data));
	buf_release(&b);
}

static void
test_values(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *expected[CAST__COUNT];
	} cases[] = {
		{ T(""), { "[]", "\"\"", "\"\"", "\"\"", "\"\"" } },
		{ T("a"), { "[97]", "\"a\"", "\"a\"", "\"YQ==\"",
		    "\"61\"" } },
		{ T("\0\1"), { "[0,1]", "\"\\u0000\\u0001\"",
		    "\"\\u0000\\u0001\"", "\"AAE=\"", "\"0001\"" } },
		{ T("a\"\\"), { "[97,34,92]", "\"a\\\"\\\\\"",
		    "\"a\\\"\\\\\"", "\"YSJc\"", "\"61225c\"" } },
		{ T("\n\x1f\x7f\t"), { "[10,31,127,9]",
		    "\"\\n\\u001F\x7f\\t\"", "\"\\n\\u001F\x7f\\t\"",
		    "\"Ch9/CQ==\"", "\"0a1f7f09\"" } },
		{ T("\xc3\xa9"), { "[195,169]", "\"\xc3\x83\xc2\xa9\"",
		    "\"\xc3\xa9\"", "\"w6k=\"", "\"c3a9\"" } },
		{ T("\xff\x80\xfe"), { "[255,128,254]",
		    "\"\xc3\xbf\xc2\x80\xc3\xbe\"",
		    "\"" FFFD FFFD FFFD "\"", "\"/4D+\"", "\"ff80fe\"" } },
		{ T("x\0y\xe9"), { "[120,0,121,233]",
		    "\"x\\u0000y\xc3\xa9\"", "\"x\\u0000y" FFFD "\"",
		    "\"eAB56Q==\"", "\"780079e9\"" } },
		{ T("\x09\x0a\x63\x64\x65"), { "[9,10,99,100,101]",
		    "\"\\t\\ncde\"", "\"\\t\\ncde\"", "\"CQpjZGU=\"",
		    "\"090a636465\"" } }
	};
	enum cast cast;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		for (cast = 0; cast < CAST__COUNT; cast++)
			check(cast, cases[i].bytes, cases[i].len,
			    cases[i].expected[cast]);
}

/* Each broken start of a character becomes one U+FFFD. */
static void
test_broken(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *expected;
	} cases[] = {
		{ T("\x80z"), FFFD "z" },
		{ T("\xc0\x80z"), FFFD FFFD "z" },
		{ T("\xc1\xbfz"), FFFD FFFD "z" },
		{ T("\xc2z"), FFFD "z" },
		{ T("\xc2"), FFFD },
		{ T("\xc2\xc2\x80"), FFFD "\xc2\x80" },
		{ T("\xe2\x82z"), FFFD "z" },
		{ T("\xe2\x82"), FFFD },
		{ T("\xe2\x82\xe2\x82\xac"), FFFD "\xe2\x82\xac" },
		{ T("\xe0\x9f\xbf"), FFFD FFFD FFFD },
		{ T("\xe0\xa0z"), FFFD "z" },
		{ T("\xed\xa0\x80"), FFFD FFFD FFFD },
		{ T("\xed\x9fz"), FFFD "z" },
		{ T("\xf0\x8f\xbf\xbf"), FFFD FFFD FFFD FFFD },
		{ T("\xf0\x90\x80z"), FFFD "z" },
		{ T("\xf0\x9f\x98\x80\xf0\x9f\x98"), "\xf0\x9f\x98\x80" FFFD },
		{ T("\xf4\x8f\xbfz"), FFFD "z" },
		{ T("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD },
		{ T("\xf5\x80"), FFFD FFFD },
		{ T("\xef\xbb\xbfz"), "\xef\xbb\xbfz" }
	};
	char expected[64];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		snprintf(expected, sizeof(expected), "\"%s\"",
		    cases[i].expected);
		check(CAST_UTF8, cases[i].bytes, cases[i].len, expected);
	}
}

/* Checks the text of every byte. */
static void
test_bytes(void **state)
{
	char expected[64], byte;
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++) {
		byte = (char)i;
		snprintf(expected, sizeof(expected), "[%u]", i);
		check(CAST_ARRAY, &byte, 1, expected);
		snprintf(expected, sizeof(expected), "\"%02x\"", i);
		check(CAST_HEX, &byte, 1, expected);
		if (i < 0x80)
			continue;
		snprintf(expected, sizeof(expected), "\"%c%c\"",
		    (int)(0xc0 | i >> 6), (int)(0x80 | (i & 0x3f)));
		check(CAST_BINARY, &byte, 1, expected);
	}
}

static void
test_large(void **state)
{
	const size_t len = 1 << 20;
	char *bytes = mem_alloc(len);
	enum cast cast;
	struct jsn_scan scan;
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (cast = 0; cast < CAST__COUNT; cast++) {
		b.len = 0;
		cast_json(&b, bytes, len, cast);
		assert_int_equal(jsn_scan(b.data, b.len, 1, &scan, &err), 0);
		assert_true(b.len <= len * 6 + 2);
	}
	buf_release(&b);
	free(bytes);
}

static void
test_names(void **state)
{
	(void)state;
	assert_int_equal(cast_parse("array"), CAST_ARRAY);
	assert_int_equal(cast_parse("binary"), CAST_BINARY);
	assert_int_equal(cast_parse("utf8"), CAST_UTF8);
	assert_int_equal(cast_parse("base64"), CAST_BASE64);
	assert_int_equal(cast_parse("hex"), CAST_HEX);
	assert_int_equal(cast_parse("HEX"), CAST_ARRAY);
	assert_int_equal(cast_parse("he"), CAST_ARRAY);
	assert_int_equal(cast_parse(""), CAST_ARRAY);
	assert_int_equal(cast_parse(NULL), CAST_ARRAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_names)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
