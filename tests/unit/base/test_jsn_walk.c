/* SPDX-License-Identifier: ISC */
/* Tests walks through JSON text: members, elements, names and escapes. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/jsn_walk.h"
#include "base/mem.h"
#include "text.h"

/* The result of a walk, as text. */
struct walk {
	struct buf seen;
	int left;		/* calls until it stops; 0: never */
};

static int
see_value(const struct jsn_slice *value, void *ctx)
{
	static const char types[] = "-oasnbz";
	struct walk *w = ctx;

	buf_addch(&w->seen, types[value->type]);
	buf_addch(&w->seen, '<');
	buf_add(&w->seen, value->text, value->len);
	buf_addch(&w->seen, '>');
	return w->left > 0 && --w->left == 0 ? 42 : 0;
}

static int
see_member(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	struct walk *w = ctx;

	if (name->broken)
		buf_addch(&w->seen, '!');
	buf_add(&w->seen, name->text, name->len);
	return see_value(value, ctx);
}

/* Without a NUL at its end, so that a sanitizer reports reads beyond it. */
static char *
exact(const struct text *t)
{
	char *p = mem_alloc(t->len);

	memcpy(p, t->data, t->len);
	return p;
}

static const struct {
	struct text text;
	struct text members;
	struct text elements;
} walks[] = {
	{ T("{}"), T(""), T("") },
	{ T(" [ ] "), T(""), T("") },
	{ T("\"{[\""), T(""), T("") },
	{ T("12"), T(""), T("") },
	{ T("null"), T(""), T("") },
	{ T("{\"a\":1}"), T("an<1>"), T("") },
	{ T(" {\n\"a\" : -1.50E+7 ,\t\"\":true,\"b\":false\r} "),
	    T("an<-1.50E+7>b<true>bb<false>"), T("") },
	{ T("{\"a\":null,\"a\":\"\",\"a\":\"\\\"}{\\\\\"}"),
	    T("az<null>as<\"\">as<\"\\\"}{\\\\\">"), T("") },
	{ T("{\"o\":{\"]\":[ {}, \"}\"]} ,\"l\":[[],[[0]] ]}"),
	    T("oo<{\"]\":[ {}, \"}\"]}>la<[[],[[0]] ]>"), T("") },
	{ T("[1,\"a\\\\\",[{\"x\":[]}],{\"y\":\"]\"} , null,true]"), T(""),
	    T("n<1>s<\"a\\\\\">a<[{\"x\":[]}]>o<{\"y\":\"]\"}>z<null>"
	    "b<true>") },
	/* Names, decoded */
	{ T("{\"\\u0041\\n\\/\\\"\\\\\\b\\f\\r\\t\":0}"),
	    T("A\n/\"\\\b\f\r\tn<0>"), T("") },
	{ T("{\"x\\u0000y\":0}"), T("x\0yn<0>"), T("") },
	{ T("{\"\\u00e9\\u20AC\\ud83D\\uDe00\":0,\"\xc3\xa9\":1}"),
	    T("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80n<0>\xc3\xa9n<1>"),
	    T("") },
	{ T("{\"\\ud800\":0,\"a\\udc00b\":1,\"\\ud800\\ud800\\udc00\":2}"),
	    T("!\xef\xbf\xbdn<0>!a\xef\xbf\xbd" "bn<1>"
	    "!\xef\xbf\xbd\xf0\x90\x80\x80n<2>"), T("") },
	{ T("{\"\\ud800\\n\":0,\"\\ud800x\":1,\"b\":2}"),
	    T("!\xef\xbf\xbd\nn<0>!\xef\xbf\xbdxn<1>bn<2>"), T("") }
};

static void
test_walks(void **state)
{
	struct jsn_scan out;
	struct err err;
	struct walk w = { .left = 0 };
	size_t i;
	char *p;

	(void)state;
	buf_init(&w.seen);
	for (i = 0; i < LENGTH(walks); i++) {
		p = exact(&walks[i].text);
		assert_int_equal(jsn_scan(p, walks[i].text.len, JSN_DEPTH_MAX,
		    &out, &err), 0);
		buf_release(&w.seen);
		assert_int_equal(jsn_members(p, walks[i].text.len, see_member,
		    &w), 0);
		if (w.seen.len != walks[i].members.len || memcmp(w.seen.data,
		    walks[i].members.data, w.seen.len) != 0)
			fail_msg("walks[%zu]: %s", i, w.seen.data);
		buf_release(&w.seen);
		assert_int_equal(jsn_elements(p, walks[i].text.len, see_value,
		    &w), 0);
		if (w.seen.len != walks[i].elements.len || memcmp(w.seen.data,
		    walks[i].elements.data, w.seen.len) != 0)
			fail_msg("walks[%zu]: %s", i, w.seen.data);
		free(p);
	}
	buf_release(&w.seen);
}

/* All values without members or elements, and all names, as strings. */
static void
test_scalars(void **state)
{
	static const struct {
		struct text text;
		struct text seen;
	} cases[] = {
		{ T("{}"), T("") },
		{ T(" [ ] "), T("") },
		{ T(" -1.50E+7 "), T("n<-1.50E+7>") },
		{ T("\n\"{[\\\"\""), T("s<\"{[\\\"\">") },
		{ T("{\"a\" : [true,null ,\"\",{\"b]\":[[2]]}],\"a\":\t3}"),
		    T("s<\"a\">b<true>z<null>s<\"\">s<\"b]\">n<2>s<\"a\">"
		    "n<3>") }
	};
	struct walk w = { .left = 0 };
	size_t i;
	char *p;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		p = exact(&cases[i].text);
		buf_init(&w.seen);
		assert_int_equal(jsn_scalars(p, cases[i].text.len, see_value,
		    &w), 0);
		assert_int_equal(w.seen.len, cases[i].seen.len);
		if (w.seen.len > 0)
			assert_memory_equal(w.seen.data, cases[i].seen.data,
			    w.seen.len);
		buf_release(&w.seen);
		free(p);
	}
	buf_init(&w.seen);
	w.left = 2;
	assert_int_equal(jsn_scalars("[1,2,3]", 7, see_value, &w), 42);
	assert_string_equal(w.seen.data, "n<1>n<2>");
	buf_release(&w.seen);
}

/* The number of members named a, and the last one's value. */
static void
test_find(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		enum jsn_type type;
		const char *value;
	} cases[] = {
		{ "{ \"b\" : {\"a\":1}, \"a\" : [2] }", 1, JSN_ARRAY, "[2]" },
		{ "{\"a\":1,\"\\u0061\":\"2\"}", 2, JSN_STRING, "\"2\"" },
		{ "{\"aa\":1,\"\":2,\"a\\u0000\":3,\"A\":4}", 0, JSN_NONE,
		    "" },
		{ "{}", 0, JSN_NONE, "" },
		{ "[{\"a\":1}]", 0, JSN_NONE, "" },
		{ "\"a\"", 0, JSN_NONE, "" }
	};
	struct jsn_slice out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (jsn_find(cases[i].text, strlen(cases[i].text), "a",
		    &out) != cases[i].n || out.type != cases[i].type ||
		    out.len != strlen(cases[i].value) ||
		    memcmp(out.text, cases[i].value, out.len) != 0)
			fail_msg("cases[%zu]", i);
}

static void
test_stops(void **state)
{
	static const char object[] = "{\"a\":1,\"b\":2,\"c\":3}";
	static const char array[] = "[1,2,3]";
	struct walk w = { .left = 2 };

	(void)state;
	buf_init(&w.seen);
	assert_int_equal(jsn_members(object, strlen(object), see_member, &w),
	    42);
	assert_string_equal(w.seen.data, "an<1>bn<2>");
	buf_release(&w.seen);
	w.left = 1;
	assert_int_equal(jsn_elements(array, strlen(array), see_value, &w),
	    42);
	assert_string_equal(w.seen.data, "n<1>");
	buf_release(&w.seen);
}

/* A walk is as deep as a scan, and needs no memory for that. */
static void
test_deep(void **state)
{
	struct walk w = { .left = 0 };
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	buf_init(&w.seen);
	buf_addstr(&b, "{\"a\":");
	for (i = 0; i < 100000; i++)
		buf_addstr(&b, i % 2 == 0 ? "[" : "{\"\":");
	while (i-- > 0)
		buf_addch(&b, i % 2 == 0 ? ']' : '}');
	buf_addstr(&b, ",\"b\":0}");
	assert_int_equal(jsn_members(b.data, b.len, see_member, &w), 0);
	assert_int_equal(w.seen.len, b.len - strlen("{\"a\":,\"b\":0}") +
	    strlen("aa<>bn<0>"));
	buf_release(&b);
	buf_release(&w.seen);
}

/* Malformed JSON has some result, without reads beyond its end. */
static void
test_cut(void **state)
{
	struct walk w = { .left = 0 };
	struct jsn_slice s = { .type = JSN_STRING };
	struct text cut;
	struct buf b;
	size_t i;
	char *p;

	(void)state;
	buf_init(&b);
	buf_init(&w.seen);
	for (i = 0; i < LENGTH(walks); i++) {
		for (cut = walks[i].text; cut.len > 0; cut.len--) {
			p = exact(&cut);
			jsn_members(p, cut.len, see_member, &w);
			jsn_elements(p, cut.len, see_value, &w);
			jsn_unfit(p, cut.len);
			s.text = p;
			s.len = cut.len;
			jsn_chars(&s, &b);
			free(p);
		}
	}
	buf_release(&b);
	buf_release(&w.seen);
}

static void
test_chars(void **state)
{
	static const struct {
		struct text text;
		struct text chars;
		bool broken;
	} cases[] = {
		{ T("\"\""), T(""), false },
		{ T("\"a b\xc3\xa9\""), T("a b\xc3\xa9"), false },
		{ T("\"\\u0000\""), T("\0"), false },
		{ T("\"\\u007f\\u0080\\u07FF\\u0800\\uffff\""),
		    T("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"), false },
		{ T("\"\\ud800\\udc00\\uDBFF\\uDFFF\""),
		    T("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), false },
		{ T("\"\\ud800\\\\udc00\""), T("\xef\xbf\xbd\\udc00"), true },
		{ T("\"\\udc00\\ud800\""),
		    T("\xef\xbf\xbd\xef\xbf\xbd"), true }
	};
	struct jsn_slice s = { .type = JSN_STRING };
	struct jsn_chars c;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	buf_addstr(&b, "what was there");
	for (i = 0; i < LENGTH(cases); i++) {
		s.text = cases[i].text.data;
		s.len = cases[i].text.len;
		c = jsn_chars(&s, &b);
		if (c.len != cases[i].chars.len || memcmp(c.text,
		    cases[i].chars.data, c.len) != 0 ||
		    c.broken != cases[i].broken)
			fail_msg("cases[%zu]: %.*s", i, (int)c.len, c.text);
	}
	/* A string without escapes is not copied. */
	s = (struct jsn_slice){ JSN_STRING, "\"abc\"", 5 };
	assert_ptr_equal(jsn_chars(&s, &b).text, s.text + 1);
	s = (struct jsn_slice){ JSN_NUMBER, "123", 3 };
	assert_int_equal(jsn_chars(&s, &b).len, 0);
	buf_release(&b);
}

static void
test_unfit(void **state)
{
	static const char nul[] = "has U+0000";
	static const char half[] = "has an unpaired surrogate";
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "{\"a\":[\"\\n\\u0001\\ud83d\\ude00\",1]}", NULL },
		{ "\"\\\\u0000\"", NULL }, { "\"\\\\\\u0000\"", nul },
		{ "\"\\u0000\"", nul }, { "{\"a\":[{\"\\u0000\":1}]}", nul },
		{ "\"\\ud800\"", half }, { "\"\\uDFFF\"", half },
		{ "\"\\ud800\\u0041\"", half }, { "\"\\ud800\\n\"", half },
		{ "\"\\ud800\\\\udc00\"", half },
		{ "[\"\\ud800\",\"\\udc00\"]", half },
		{ "{\"a\":{\"\\udc00\":[]}}", half },
		{ "\"\\ud800\\udc00\\udc00\"", half },
		{ "\"\\udc00\\udc00\"", half },
		{ "\"\\udbff\\udfff\"", NULL }
	};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		why = jsn_unfit(cases[i].text, strlen(cases[i].text));
		if (cases[i].why == NULL ? why != NULL : why == NULL ||
		    strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_chars),
		cmocka_unit_test(test_unfit)
	};

	return cmocka_run_group_tests_name("jsn_walk", tests, NULL, NULL);
}
