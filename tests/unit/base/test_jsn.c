/* SPDX-License-Identifier: ISC */
/* Tests the JSON scanner, the parser, its readers and the printer. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/jsn.h"
#include "base/mem.h"
#include "text.h"

#include "jsn_cases.inc"

/* Without a NUL at its end, so that a sanitizer reports reads beyond it. */
static char *
exact(const char *text, size_t len)
{
	char *p = mem_alloc(len);

	memcpy(p, text, len);
	return p;
}

static int
scan(const char *text, size_t len, struct jsn_scan *out, struct err *err)
{
	char *p = exact(text, len);
	int result = jsn_scan(p, len, JSN_DEPTH_MAX, out, err);

	free(p);
	return result;
}

static int
parse(const char *text, size_t len, struct jsn **out, struct err *err)
{
	char *p = exact(text, len);
	int result = jsn_parse(p, len, out, err);

	free(p);
	return result;
}

static struct jsn *
tree(const char *text)
{
	struct jsn *j = NULL;
	struct err err = { 0 };

	if (parse(text, strlen(text), &j, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return j;
}

static void
test_scan_accepts(void **state)
{
	struct jsn_scan out;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(accepted); i++) {
		memset(&err, 0, sizeof(err));
		if (scan(accepted[i].data, accepted[i].len, &out, &err) != 0)
			fail_msg("accepted[%zu] \"%s\": %s", i,
			    accepted[i].data, err.text);
		if (err.code != ERR_NONE)
			fail_msg("accepted[%zu] touched err", i);
	}
}

static void
test_scan_rejects(void **state)
{
	struct jsn_scan out;
	struct jsn *j = NULL;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rejected); i++) {
		memset(&err, 0, sizeof(err));
		if (scan(rejected[i].data, rejected[i].len, &out, &err) != -1)
			fail_msg("rejected[%zu] \"%s\" was accepted", i,
			    rejected[i].data);
		if (err.code != ERR_BAD_REQUEST || err.text[0] == '\0')
			fail_msg("rejected[%zu]: code %d", i, err.code);
		if (parse(rejected[i].data, rejected[i].len, &j, &err) != -1 ||
		    j != NULL)
			fail_msg("rejected[%zu] \"%s\" was parsed", i,
			    rejected[i].data);
	}
}

/* A text that is cut short anywhere is not JSON. */
static void
test_scan_truncated(void **state)
{
	static const struct text whole[] = {
		T("{\"a\":[1,-2.5e+3,true,false,null,{}],"
		    "\"b\\u00e9\":\"\\n\"}"),
		T("[\"\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9\\ud83d\\ude00\"]"),
		T("\"\\\"\\\\\""), T("null"), T("[[[],{\"\":{}}]]")
	};
	struct jsn_scan out;
	struct err err;
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(whole); i++) {
		assert_int_equal(scan(whole[i].data, whole[i].len, &out, &err),
		    0);
		for (n = 0; n < whole[i].len; n++)
			if (scan(whole[i].data, n, &out, &err) != -1)
				fail_msg("whole[%zu] cut at %zu", i, n);
	}
}

static void
test_scan_offsets(void **state)
{
	static const struct {
		struct text text;
		const char *says;
	} cases[] = {
		{ T(""), "Invalid JSON at byte 0: unexpected end" },
		{ T("[1, 2"), "Invalid JSON at byte 5: unexpected end" },
		{ T("[1,]"), "Invalid JSON at byte 3: a value is missing" },
		{ T("{a:1}"), "Invalid JSON at byte 1: a name is missing" },
		{ T("{\"a\" 1}"),
		    "Invalid JSON at byte 5: a colon is missing" },
		{ T("[1 2]"),
		    "Invalid JSON at byte 3: a comma or an end is missing" },
		{ T("{} x"), "Invalid JSON at byte 3: more than one value" },
		{ T("[-01]"),
		    "Invalid JSON at byte 2: a number that begins with 0" },
		{ T("[1.]"), "Invalid JSON at byte 3: a digit is missing" },
		{ T("[nil]"), "Invalid JSON at byte 1: an unknown word" },
		{ T("\"ab\\q\""),
		    "Invalid JSON at byte 3: an unknown escape" },
		{ T("\"ab\xc3("),
		    "Invalid JSON at byte 3: bytes that are not UTF-8" },
		{ T("\"a\n"),
		    "Invalid JSON at byte 2: a control character in a string" }
	};
	struct jsn_scan out;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		if (scan(cases[i].text.data, cases[i].text.len, &out, &err) !=
		    -1)
			fail_msg("cases[%zu] was accepted", i);
		if (strcmp(err.text, cases[i].says) != 0)
			fail_msg("cases[%zu]: %s", i, err.text);
	}
}

/* Sets b to "[[...]]" or "{"":{"":...{}}}", n levels deep. */
static void
nest(struct buf *b, size_t n, bool objects)
{
	size_t i;

	b->len = 0;
	for (i = 0; i < n; i++)
		buf_addstr(b, !objects ? "[" : i + 1 < n ? "{\"\":" : "{");
	for (i = 0; i < n; i++)
		buf_addch(b, objects ? '}' : ']');
}

static void
test_scan_depth(void **state)
{
	static const struct {
		size_t n;
		unsigned limit;
		int result;
	} cases[] = {
		{ 512, JSN_DEPTH_MAX, 0 }, { 513, JSN_DEPTH_MAX, -1 },
		{ 512, 100000, 0 }, { 513, 100000, -1 }, { 1, 1, 0 },
		{ 2, 1, -1 }, { 1, 0, -1 }, { 64, 64, 0 }, { 65, 64, -1 },
		{ 200000, JSN_DEPTH_MAX, -1 }
	};
	struct jsn_scan out;
	struct err err;
	struct buf b;
	size_t i;
	int objects;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(cases); i++) {
		for (objects = 0; objects < 2; objects++) {
			nest(&b, cases[i].n, objects);
			if (jsn_scan(b.data, b.len, cases[i].limit, &out,
			    &err) != cases[i].result)
				fail_msg("cases[%zu], objects %d", i, objects);
		}
	}
	buf_release(&b);
	assert_int_equal(jsn_scan("1", 1, 0, &out, &err), 0);
}

/* Each level has its own bit, also when a level is used again. */
static void
test_scan_levels(void **state)
{
	struct jsn_scan out;
	struct err err;
	struct buf b;
	size_t i, n;
	char *close;

	(void)state;
	buf_init(&b);
	for (i = 0; i < 300; i++)
		buf_addstr(&b, i % 3 == 0 ? "[[],{},1," : "{\"a\":[{}],\"b\":");
	n = b.len;
	buf_addch(&b, '0');
	for (i = 300; i-- > 0;)
		buf_addch(&b, i % 3 == 0 ? ']' : '}');
	assert_int_equal(scan(b.data, b.len, &out, &err), 0);
	assert_int_equal(out.members, 400);
	for (i = n + 1; i < b.len; i++) {
		close = b.data + i;
		*close = *close == ']' ? '}' : ']';
		if (scan(b.data, b.len, &out, &err) != -1)
			fail_msg("the wrong bracket %zu was accepted", i - n);
		*close = *close == ']' ? '}' : ']';
	}
	buf_release(&b);
}

static void
test_scan_saw(void **state)
{
	static const struct {
		struct text text;
		struct jsn_scan saw;
	} cases[] = {
		{ T(" {} "), { JSN_OBJECT, 0, false, false } },
		{ T("[]"), { JSN_ARRAY, 0, false, false } },
		{ T("\"{\""), { JSN_STRING, 0, false, false } },
		{ T("-1"), { JSN_NUMBER, 0, false, false } },
		{ T("false"), { JSN_BOOLEAN, 0, false, false } },
		{ T("null"), { JSN_NULL, 0, false, false } },
		{ T("{\"a\":{\"b\":[1]},\"a\":0}"),
		    { JSN_OBJECT, 3, false, false } },
		{ T("[[[]],[]]"), { JSN_ARRAY, 0, false, false } },
		{ T("\"\\u0000\""), { JSN_STRING, 0, true, false } },
		{ T("{\"\\u0000\":1}"), { JSN_OBJECT, 1, true, false } },
		{ T("\"\\\\u0000\""), { JSN_STRING, 0, false, false } },
		{ T("\"\\u00000\""), { JSN_STRING, 0, true, false } },
		{ T("\"\\u0001\""), { JSN_STRING, 0, false, false } },
		{ T("9223372036854775807"),
		    { JSN_NUMBER, 0, false, false } },
		{ T("9223372036854775808"),
		    { JSN_NUMBER, 0, false, true } },
		{ T("-9223372036854775808"),
		    { JSN_NUMBER, 0, false, false } },
		{ T("-9223372036854775809"),
		    { JSN_NUMBER, 0, false, true } },
		{ T("10000000000000000000"),
		    { JSN_NUMBER, 0, false, true } },
		{ T("10000000000000000000.5"),
		    { JSN_NUMBER, 0, false, false } },
		{ T("99999999999999999999e1"),
		    { JSN_NUMBER, 0, false, false } }
	};
	struct jsn_scan out;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		if (scan(cases[i].text.data, cases[i].text.len, &out, &err))
			fail_msg("cases[%zu]: %s", i, err.text);
		if (out.type != cases[i].saw.type ||
		    out.members != cases[i].saw.members ||
		    out.nul != cases[i].saw.nul ||
		    out.wide != cases[i].saw.wide)
			fail_msg("cases[%zu]: %d %zu %d %d", i, out.type,
			    out.members, out.nul, out.wide);
	}
}

static void
test_parse_rejects(void **state)
{
	static const struct text cases[] = {
		T("{\"a\":1,\"a\":1}"), T("{\"a\":1,\"b\":2,\"a\":3}"),
		T("[{\"x\":{\"a\":1,\"a\":1}}]"), T("{\"a\":1,\"\\u0061\":1}"),
		T("{\"\":1,\"\":1}"),
		T("{\"a\":[{\"b\":0},{\"c\":0,\"c\":0}]}"),
		T("{\"a\\u0000b\":1,\"a\":2}"), T("{\"a\\u0000\":1}"),
		T("{\"a\":\"\\u0000\"}"), T("\"x\\u0000\""),
		T("[18446744073709551616]"), T("[18446744073709551615]"),
		T("[9223372036854775808]"), T("[-9223372036854775809]"),
		T("{\"exp\":9999999999999999999999999999999999999999}")
	};
	struct jsn *j = NULL;
	struct err err;
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (parse(cases[i].data, cases[i].len, &j, &err) != -1 ||
		    err.code != ERR_BAD_REQUEST || j != NULL)
			fail_msg("cases[%zu] %s", i, cases[i].data);
	buf_init(&b);
	nest(&b, JSN_TREE_DEPTH + 1, false);
	assert_int_equal(parse(b.data, b.len, &j, &err), -1);
	b.len = 0;
	buf_addstr(&b, "[]");
	memset(buf_reserve(&b, JSN_TREE_SIZE - 1), ' ', JSN_TREE_SIZE - 1);
	b.len += JSN_TREE_SIZE - 2;
	assert_int_equal(jsn_parse(b.data, b.len, &j, &err), 0);
	jsn_free(&j);
	assert_int_equal(jsn_parse(b.data, b.len + 1, &j, &err), -1);
	assert_null(j);
	buf_release(&b);
}

/* The parser accepts the scanner's texts, but for those it must reject. */
static void
test_parse_accepts(void **state)
{
	struct jsn_scan seen;
	struct jsn *j = NULL;
	struct err err;
	struct buf b;
	size_t i;
	int result;

	(void)state;
	for (i = 0; i < LENGTH(accepted); i++) {
		scan(accepted[i].data, accepted[i].len, &seen, &err);
		result = parse(accepted[i].data, accepted[i].len, &j, &err);
		if (strcmp(accepted[i].data, "{\"a\":1,\"a\":2}") == 0 ||
		    seen.nul || seen.wide) {
			assert_int_equal(result, -1);
			continue;
		}
		if (result < 0)
			fail_msg("accepted[%zu]: %s", i, err.text);
		if (jsn_type(j) != seen.type)
			fail_msg("accepted[%zu]: type %d", i, jsn_type(j));
		jsn_free(&j);
		assert_null(j);
	}
	buf_init(&b);
	nest(&b, JSN_TREE_DEPTH, false);
	b.data[JSN_TREE_DEPTH] = '1';
	memset(b.data + JSN_TREE_DEPTH + 1, ']', JSN_TREE_DEPTH - 1);
	buf_addch(&b, ']');
	assert_int_equal(parse(b.data, b.len, &j, &err), 0);
	jsn_free(&j);
	buf_release(&b);
}

static void
test_readers(void **state)
{
	struct jsn *j = tree("{\"s\":\"t\xc3\xa9\\n\",\"n\":null,\"y\":true,"
	    "\"f\":false,\"a\":[1,null,\"x\"],\"o\":{}}");
	const struct jsn *a = jsn_get(j, "a");
	int64_t n;

	(void)state;
	assert_string_equal(jsn_string(jsn_get(j, "s")), "t\xc3\xa9\n");
	assert_int_equal(jsn_type(jsn_get(j, "n")), JSN_NULL);
	assert_int_equal(jsn_type(jsn_get(j, "none")), JSN_NONE);
	assert_int_equal(jsn_type(jsn_get(j, "o")), JSN_OBJECT);
	assert_true(jsn_is_true(jsn_get(j, "y")));
	assert_false(jsn_is_true(jsn_get(j, "f")));
	assert_false(jsn_is_true(jsn_get(j, "s")));
	assert_false(jsn_is_true(jsn_get(j, "n")));
	assert_false(jsn_is_true(NULL));
	assert_int_equal(jsn_length(j), 6);
	assert_int_equal(jsn_length(a), 3);
	assert_int_equal(jsn_length(jsn_get(j, "s")), 0);
	assert_int_equal(jsn_length(NULL), 0);
	assert_true(jsn_integer(jsn_at(a, 0), &n));
	assert_int_equal(n, 1);
	assert_int_equal(jsn_type(jsn_at(a, 1)), JSN_NULL);
	assert_string_equal(jsn_string(jsn_at(a, 2)), "x");
	assert_null(jsn_at(a, 3));
	assert_null(jsn_at(j, 0));
	assert_null(jsn_at(NULL, 0));
	assert_null(jsn_get(a, "s"));
	assert_null(jsn_get(NULL, "s"));
	assert_null(jsn_get(jsn_get(j, "n"), "s"));
	assert_null(jsn_string(jsn_at(a, 0)));
	assert_null(jsn_string(jsn_get(j, "n")));
	assert_null(jsn_string(NULL));
	jsn_free(&j);
	jsn_free(&j);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool whole;
		int64_t integer;
		bool finite;
		double number;
	} cases[] = {
		{ "0", true, 0, true, 0 }, { "-0", true, 0, true, 0 },
		{ "7", true, 7, true, 7 }, { "-7", true, -7, true, -7 },
		{ "9223372036854775807", true, INT64_MAX, true, 0x1p63 },
		{ "-9223372036854775808", true, INT64_MIN, true, -0x1p63 },
		{ "1.0", true, 1, true, 1 }, { "1e3", true, 1000, true, 1e3 },
		{ "1.5", false, 0, true, 1.5 },
		{ "-0.25", false, 0, true, -0.25 },
		{ "1700000000.75", false, 0, true, 1700000000.75 },
		{ "9223372036854775808.0", false, 0, true, 0x1p63 },
		{ "-9223372036854775808.0", true, INT64_MIN, true, -0x1p63 },
		{ "1e300", false, 0, true, 1e300 },
		{ "1e400", false, 0, false, 0 },
		{ "-1e400", false, 0, false, 0 },
		{ "\"1\"", false, 0, false, 0 }, { "null", false, 0, false, 0 },
		{ "true", false, 0, false, 0 }, { "[1]", false, 0, false, 0 }
	};
	struct jsn *j;
	int64_t n;
	double d;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		n = 0;
		d = 0;
		j = tree(cases[i].text);
		if (jsn_integer(j, &n) != cases[i].whole ||
		    n != cases[i].integer)
			fail_msg("cases[%zu]: integer %lld", i, (long long)n);
		if (jsn_number(j, &d) != cases[i].finite ||
		    d < cases[i].number || d > cases[i].number)
			fail_msg("cases[%zu]: number %g", i, d);
		jsn_free(&j);
	}
	assert_false(jsn_integer(NULL, &n));
	assert_false(jsn_number(NULL, &d));
}

struct walk {
	struct buf names;
	int left;
};

static int
walk_member(const char *name, const struct jsn *value, void *ctx)
{
	struct walk *w = ctx;

	buf_printf(&w->names, "%s%d ", name, jsn_type(value));
	return --w->left == 0 ? 42 : 0;
}

static void
test_each(void **state)
{
	struct jsn *j = tree("{\"z\":1,\"a\":null,\"m\":\"\"}");
	struct walk w = { .left = -1 };

	(void)state;
	buf_init(&w.names);
	assert_int_equal(jsn_each(j, walk_member, &w), 0);
	assert_string_equal(w.names.data, "z4 a6 m3 ");
	w.left = 2;
	assert_int_equal(jsn_each(j, walk_member, &w), 42);
	assert_string_equal(w.names.data, "z4 a6 m3 z4 a6 ");
	assert_int_equal(jsn_each(NULL, walk_member, &w), 0);
	jsn_free(&j);
	j = tree("[1]");
	assert_int_equal(jsn_each(j, walk_member, &w), 0);
	jsn_free(&j);
	buf_release(&w.names);
}

static void
test_print(void **state)
{
	static const struct {
		const char *text;
		const char *printed;
	} cases[] = {
		{ "null", "null" }, { "[ ]", "[]" }, { "{ }", "{}" },
		{ " { \"b\" : [ 1 , true , null ] , \"a\" : { } } ",
		    "{\"b\":[1,true,null],\"a\":{}}" },
		{ "[1.10,1E400,-0.0,1e3]", "[1.10,1E400,-0.0,1e3]" },
		{ "\"a/b\\\"\\\\\\n\\u0001\\u00e9\"",
		    "\"a/b\\\"\\\\\\n\\u0001\xc3\xa9\"" },
		{ "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
		{ "\"\\ud800\"", "\"\xef\xbf\xbd\"" }
	};
	struct jsn *j;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(cases); i++) {
		b.len = 0;
		buf_addch(&b, ':');
		j = tree(cases[i].text);
		jsn_print(j, &b);
		if (strcmp(b.data + 1, cases[i].printed) != 0)
			fail_msg("cases[%zu]: %s", i, b.data);
		jsn_free(&j);
	}
	b.len = 1;
	jsn_print(NULL, &b);
	assert_int_equal(b.len, 1);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan_accepts),
		cmocka_unit_test(test_scan_rejects),
		cmocka_unit_test(test_scan_truncated),
		cmocka_unit_test(test_scan_offsets),
		cmocka_unit_test(test_scan_depth),
		cmocka_unit_test(test_scan_levels),
		cmocka_unit_test(test_scan_saw),
		cmocka_unit_test(test_parse_rejects),
		cmocka_unit_test(test_parse_accepts),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_print)
	};

	return cmocka_run_group_tests_name("jsn", tests, NULL, NULL);
}
