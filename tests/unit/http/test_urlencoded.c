/* SPDX-License-Identifier: ISC */
/* Tests URL-encoded pairs: escapes, repeated names and limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit.h"
#include "base/mem.h"
#include "convert.h"
#include "http/urlencoded.h"

#define T(s) s, sizeof(s) - 1
#define FFFD "\xef\xbf\xbd"
#define BODY_MAX (256 * 1024)

/* Implements convert_fn. */
static bool
pairs_convert(const void *ctx, const char *text, size_t len, struct buf *out)
{
	(void)ctx;
	return urlencoded_json(text, len, out);
}

static bool
convert_pairs(const char *text, size_t len, struct buf *out, size_t *members)
{
	struct jsn_scan seen;
	bool valid = convert(pairs_convert, NULL, text, len, 2, out, &seen);

	assert_false(seen.nul);
	if (members != NULL)
		*members = seen.members;
	return valid;
}

static void
test_cases(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *expected;
	} cases[] = {
		{ T(""), "{}" },
		{ T("&"), "{}" },
		{ T("&&&"), "{}" },
		{ T("a=1"), "{\"a\":\"1\"}" },
		{ T("location=52&"), "{\"location\":\"52\"}" },
		{ T("&&b=2&&a=1&&"), "{\"b\":\"2\",\"a\":\"1\"}" },
		{ T("a"), "{\"a\":\"\"}" },
		{ T("a="), "{\"a\":\"\"}" },
		{ T("="), "{\"\":\"\"}" },
		{ T("=v"), "{\"\":\"v\"}" },
		{ T("a=b=c"), "{\"a\":\"b=c\"}" },
		{ T("a==&=="), "{\"a\":\"=\",\"\":\"=\"}" },
		{ T("a;b=1"), "{\"a;b\":\"1\"}" },
		{ T("a[]=1&a[b]=2"), "{\"a[]\":\"1\",\"a[b]\":\"2\"}" },
		/* blanks and escapes */
		{ T("a+b=c+d"), "{\"a b\":\"c d\"}" },
		{ T("a%2Bb=%2b"), "{\"a+b\":\"+\"}" },
		{ T("a%3D%26=%25"), "{\"a=&\":\"%\"}" },
		{ T("%"), "{\"%\":\"\"}" },
		{ T("a=%&b=%4"), "{\"a\":\"%\",\"b\":\"%4\"}" },
		{ T("a=%4&1=%g1%1g"), "{\"a\":\"%4\",\"1\":\"%g1%1g\"}" },
		{ T("%%41%4=%zz%41"), "{\"%A%4\":\"%zzA\"}" },
		{ T("a=%+41%2"), "{\"a\":\"% 41%2\"}" },
		{ T("a=%252B"), "{\"a\":\"%2B\"}" },
		/* an escape does not reach over the end of its piece */
		{ T("a=%4&1"), "{\"a\":\"%4\",\"1\":\"\"}" },
		{ T("%4=1"), "{\"%4\":\"1\"}" },
		{ T("a=\"\\\n%22%0d"), "{\"a\":\"\\\"\\\\\\n\\\"\\r\"}" },
		/* UTF-8, and what is not */
		{ T("%C3%A9=\xc3\xa9"), "{\"\xc3\xa9\":\"\xc3\xa9\"}" },
		{ T("a=%E9&b=\xff"),
		    "{\"a\":\"\xc3\xa9\",\"b\":\"\xc3\xbf\"}" },
		{ T("a=%00\0&%00=b"),
		    "{\"a\":\"" FFFD FFFD "\",\"" FFFD "\":\"b\"}" },
		{ T("a=%F0%9F%98%80"), "{\"a\":\"\xf0\x9f\x98\x80\"}" },
		/* repeated names, compared when they are decoded */
		{ T("a=1&a=2"), "{\"a\":[\"1\",\"2\"]}" },
		{ T("a&a"), "{\"a\":[\"\",\"\"]}" },
		{ T("b=1&a=2&c=3&a=4&b=5&a=6"), "{\"b\":[\"1\",\"5\"],"
		    "\"a\":[\"2\",\"4\",\"6\"],\"c\":\"3\"}" },
		{ T("a=1&%61=2"), "{\"a\":[\"1\",\"2\"]}" },
		{ T("%E9=1&%C3%A9=2"), "{\"\xc3\xa9\":[\"1\",\"2\"]}" },
		{ T("%00=1&%EF%BF%BD=2"), "{\"" FFFD "\":[\"1\",\"2\"]}" },
		{ T("=1&=2"), "{\"\":[\"1\",\"2\"]}" },
		{ T("a=1&A=2&aa=3&a%20=4"), "{\"a\":\"1\",\"A\":\"2\","
		    "\"aa\":\"3\",\"a \":\"4\"}" }
	};
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		assert_true(convert_pairs(cases[i].text, cases[i].len, &b,
		    NULL));
		assert_string_equal(b.data, cases[i].expected);
		buf_release(&b);
	}
}

/* Sets text to n pairs with so many names. */
static void
fill(struct buf *text, unsigned n, unsigned names)
{
	unsigned i;

	buf_init(text);
	for (i = 0; i < n; i++)
		buf_printf(text, "&&k%u=%u", i % names, i);
}

static void
test_limit(void **state)
{
	static const struct {
		unsigned n;
		unsigned names;
		bool accepted;
	} cases[] = {
		{ URLENCODED_PAIRS_MAX, URLENCODED_PAIRS_MAX, true },
		{ URLENCODED_PAIRS_MAX, 7, true },
		{ URLENCODED_PAIRS_MAX, 1, true },
		{ URLENCODED_PAIRS_MAX + 1, URLENCODED_PAIRS_MAX + 1, false },
		{ URLENCODED_PAIRS_MAX + 1, 1, false }
	};
	struct buf text, b;
	size_t i, members;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		fill(&text, cases[i].n, cases[i].names);
		assert_true(convert_pairs(text.data, text.len, &b, &members) ==
		    cases[i].accepted);
		if (cases[i].accepted)
			assert_int_equal(members, cases[i].names);
		buf_release(&text);
		buf_release(&b);
	}
}

/* Names keep the order of their first pairs, values the order of theirs. */
static void
test_order(void **state)
{
	struct buf text, expected, b;
	unsigned i, j;

	(void)state;
	fill(&text, 999, 333);
	buf_init(&expected);
	for (i = 0; i < 333; i++) {
		buf_printf(&expected, "%c\"k%u\":", i == 0 ? '{' : ',', i);
		for (j = 0; j < 3; j++)
			buf_printf(&expected, "%c\"%u\"", j == 0 ? '[' : ',',
			    i + 333 * j);
		buf_addch(&expected, ']');
	}
	buf_addch(&expected, '}');
	assert_true(convert_pairs(text.data, text.len, &b, NULL));
	assert_string_equal(b.data, expected.data);
	buf_release(&text);
	buf_release(&expected);
	buf_release(&b);
}

static void
test_slow(void **state)
{
	static const char *const pieces[] = { "a&", "&", "a=%41&", "%", "+" };

	(void)state;
	convert_slow(pairs_convert, NULL, "", pieces, LENGTH(pieces), "");
}

/* Names that differ only in their last bytes must not be slow either. */
static void
test_similar_names(void **state)
{
	clock_t since = clock();
	struct buf text, b;
	size_t i, n;

	(void)state;
	buf_init(&text);
	for (i = 0; i < URLENCODED_PAIRS_MAX; i++) {
		for (n = 0; n < 250; n++)
			buf_addch(&text, 'x');
		buf_printf(&text, "%03zu&", i);
	}
	assert_true(convert_pairs(text.data, text.len, &b, &n));
	assert_int_equal(n, URLENCODED_PAIRS_MAX);
	buf_release(&b);
	buf_release(&text);
	assert_true((clock() - since) / CLOCKS_PER_SEC < 10);
}

static void
test_huge(void **state)
{
	char *text = mem_alloc(BODY_MAX);
	struct buf b;
	size_t members;

	(void)state;
	memset(text, 'x', BODY_MAX);
	assert_true(convert_pairs(text, BODY_MAX, &b, &members));
	assert_int_equal(members, 1);
	assert_int_equal(b.len, BODY_MAX + 7);
	buf_release(&b);
	/* Two names that differ in their last byte, and two equal ones. */
	text[BODY_MAX / 2] = '&';
	assert_true(convert_pairs(text, BODY_MAX, &b, &members));
	assert_int_equal(members, 2);
	buf_release(&b);
	text[0] = '&';
	assert_true(convert_pairs(text, BODY_MAX, &b, &members));
	assert_int_equal(members, 1);
	buf_release(&b);
	free(text);
}

/* A form that is cut off anywhere, or has any byte anywhere, is still a
 * form. */
static void
test_mangled(void **state)
{
	char text[] = "a=1&b%20+=%C3%A9&&a=%4&=\xe9&c";
	static const char bytes[] = "%&=+\0\xff\x80\"\\4";
	struct buf b;
	size_t i, j;
	char was;

	(void)state;
	for (i = 0; i < sizeof(text); i++) {
		assert_true(convert_pairs(text, i, &b, NULL));
		buf_release(&b);
		was = text[i];
		for (j = 0; j < sizeof(bytes); j++) {
			text[i] = bytes[j];
			assert_true(convert_pairs(text, sizeof(text), &b,
			    NULL));
			buf_release(&b);
		}
		text[i] = was;
	}
}

static void
test_unescape(void **state)
{
	char text[] = "%41+%2b%";

	(void)state;
	assert_int_equal(urlencoded_unescape(text, text, 8, '+'), 4);
	assert_memory_equal(text, "A++%", 4);
}

static void
test_get(void **state)
{
	struct arena arena = ARENA_INIT;
	const char *value, *rest;
	size_t len;

	(void)state;
	assert_string_equal(urlencoded_get(&arena, "b=1&a+b=%41+&a+b=2", "a b"),
	    "A ");
	assert_string_equal(urlencoded_get(&arena, "x&y", "y"), "");
	assert_null(urlencoded_get(&arena, "x&y", "z"));
	assert_int_equal(urlencoded_cut(&arena, "k=1&a=%6b&%6B=2&b", "k",
	    &value, &rest), 2);
	assert_string_equal(value, "1");
	assert_string_equal(rest, "a=%6b&b");
	assert_int_equal(urlencoded_cut(&arena, "k&k=", "k", &value, &rest), 2);
	assert_string_equal(value, "");
	assert_string_equal(rest, "");
	assert_int_equal(urlencoded_cut(&arena, "a=1", "k", &value, &rest), 0);
	assert_null(value);
	assert_string_equal(rest, "a=1");
	assert_int_equal(urlencoded_cut(&arena, "", "k", NULL, NULL), 0);
	assert_memory_equal(urlencoded_decode(&arena, "a%00b", 5, &len),
	    "a\0b", 4);
	assert_int_equal(len, 3);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_similar_names),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_get)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
