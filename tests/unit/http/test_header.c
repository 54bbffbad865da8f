/* SPDX-License-Identifier: ISC */
/* Tests the grammar of header fields: tokens, values and media types. */
#include <string.h>

#include "../unit.h"
#include "http/header.h"

static const struct {
	const char *value;
	const char *type;	/* "": not one media type */
} types[] = {
	{ "text/plain", "text/plain" },
	{ "TEXT/Plain", "TEXT/Plain" },
	{ "a/b", "a/b" },
	{ "application/vnd.x+json", "application/vnd.x+json" },
	{ "!#$%&'*+-.^_`|~/0", "!#$%&'*+-.^_`|~/0" },
	/* Parameters. */
	{ "text/plain;charset=utf-8", "text/plain" },
	{ "text/plain; charset=utf-8", "text/plain" },
	{ "text/plain \t; \tcharset=utf-8", "text/plain" },
	{ "text/plain; charset=utf-8; header=present", "text/plain" },
	{ "text/plain;", "text/plain" },
	{ "text/plain;; ;charset=utf-8;", "text/plain" },
	{ "text/plain; charset", "" },
	{ "text/plain; charset=", "" },
	{ "text/plain; =utf-8", "" },
	{ "text/plain; =", "" },
	{ "text/plain; charset =utf-8", "" },
	{ "text/plain; charset= utf-8", "" },
	{ "text/plain; charset=utf-8 x", "" },
	{ "text/plain; charset=utf-8, text/html", "" },
	{ "text/plain; charset=utf-8/html", "" },
	{ "text/plain; charset=utf-8; charset=utf-16", "" },
	{ "text/plain; charset=utf-8; CHARSET=utf-8", "" },
	{ "text/plain; a=1; b=\"; a=2\"", "text/plain" },
	{ "text/plain; b=\"; a=2\"; a=1", "text/plain" },
	{ "text/plain; a=1; ab=2; b=3", "text/plain" },
	{ "text/plain; ab=1; a=2", "text/plain" },
	{ "text/plain; charset=\xc3\xbc", "" },
	/* Quoted strings. */
	{ "text/plain; charset=\"utf-8\"", "text/plain" },
	{ "text/plain; a=\"\"", "text/plain" },
	{ "text/plain; a=\",\\\"\t\xc3\xbc;\\\\\"", "text/plain" },
	{ "text/plain; a=\"x", "" },
	{ "text/plain; a=\"x\\", "" },
	{ "text/plain; a=\"x\\\"", "" },
	{ "text/plain; a=\"x\"y", "" },
	{ "text/plain; a=\"x\" \"y\"", "" },
	{ "text/plain; a=\"\x01\"", "" },
	{ "text/plain; a=\"\\\x7f\"", "" },
	{ "text/plain; a='x y'", "" },
	/* A second type, a list, no type. */
	{ "text/plain,text/html", "" },
	{ "text/plain ,text/html", "" },
	{ "text/plain , text/html", "" },
	{ "text/plain,", "" },
	{ "text/plain text/html", "" },
	{ "text/plain/html", "" },
	{ "text/plain ", "" },
	{ " text/plain", "" },
	{ "text/ plain", "" },
	{ "text /plain", "" },
	{ "text/", "" },
	{ "/plain", "" },
	{ "/", "" },
	{ "text", "" },
	{ "text;charset=utf-8", "" },
	{ "text/;charset=utf-8", "" },
	{ "\"text/plain\"", "" },
	{ "(x)text/plain", "" },
	{ "", "" },
	{ ";", "" },
};

static void
test_type_valid(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		n = header_type_valid(types[i].value);
		if (n != strlen(types[i].type) ||
		    strncmp(types[i].value, types[i].type, n) != 0)
			fail_msg("%s: %zu", types[i].value, n);
	}
}

/* Invalid parameters matter only to a value that is sent. */
static void
test_type_length(void **state)
{
	static const struct {
		const char *value;
		size_t n;
	} cases[] = {
		{ "a/b", 3 }, { "a/b ", 3 }, { "a/b\t;", 3 },
		{ "a/b;c=", 3 }, { "a/b ; \"", 3 }, { "a/b c", 0 },
		{ "a/b,c/d", 0 }, { "a/b, c/d;e", 0 }, { "a/b/c", 0 },
		{ " a/b", 0 }, { "a/", 0 }, { "/b", 0 }, { "a", 0 },
		{ ";", 0 }, { "", 0 }
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = header_type_length(cases[i].value);
		if (n != cases[i].n)
			fail_msg("%s: %zu", cases[i].value, n);
	}
}

static void
test_value(void **state)
{
	static const char *const valid[] = { "", "a", "a b", "a\tb", "a, b",
	    "\xc3\xbc", "\xff", "~!" };
	static const char *const invalid[] = { " ", "\t", " a", "a ", "\ta",
	    "a\t", "a\nb", "a\r", "\x01", "a\x7f", "\x1f" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		assert_true(header_value_is_valid(valid[i],
		    strlen(valid[i])));
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		assert_false(header_value_is_valid(invalid[i],
		    strlen(invalid[i])));
}

/* Every byte: the characters of a token are those of RFC 9110. */
static void
test_token(void **state)
{
	char text[] = "aXb";
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		text[1] = (char)c;
		assert_int_equal(header_token_length(text),
		    c > ' ' && c < 0x7f &&
		    strchr("\"(),/:;<=>?@[\\]{}", c) == NULL ? 3 : 1);
	}
	assert_int_equal(header_token_length(""), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type_valid),
		cmocka_unit_test(test_type_length),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_token)
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
