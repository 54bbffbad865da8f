/* SPDX-License-Identifier: ISC */
/* Tests content: codings, charsets, and what a body reads as. */
#include <string.h>

#include "../unit.h"
#include "http/charset.h"
#include "http/coding.h"
#include "http/content.h"

#define LIMIT 32
#define BOM "\xef\xbb\xbf"

/* "{}" in gzip's format, zlib's, raw, and in two codings; 33 blanks. */
#define GZIP \
	"\037\213\010\000\000\000\000\000\002\003\253\256\005\000" \
	"\103\277\246\243\002\000\000\000"
#define ZLIB \
	"\170\234\253\256\005\000\001\165\000\371"
#define RAW \
	"\253\256\005\000"
#define BOTH \
	"\223\357\346\140\000\001\046\346\325\353\130\031\234\367" \
	"\057\133\314\004\344\001\000"
#define BOMB \
	"\037\213\010\000\000\000\000\000\002\003\123\120\040\000" \
	"\000\301\103\033\165\041\000\000\000"

#define BODY(s) s, sizeof(s) - 1

/* Each test's request. */
static struct arena arena = ARENA_INIT;
static struct req req;

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void
request(const char *type, const char *body, size_t len)
{
	memset(&req, 0, sizeof(req));
	req.arena = &arena;
	req.raw = req.body = arena_copy(&arena, body, len);
	req.raw_len = req.body_len = len;
	if (type != NULL)
		req.headers[req.n_headers++] =
		    (struct header){ "content-type", type };
}

static const struct {
	const char *coding;
	const char *body;
	size_t len;
	enum err_code code;
	const char *decoded;	/* NULL: not at all */
} codings[] = {
	{ "gzip", BODY(GZIP), ERR_NONE, "{}" },
	{ "x-GZip", BODY(GZIP), ERR_NONE, "{}" },
	{ "deflate", BODY(ZLIB), ERR_NONE, "{}" },
	{ "deflate", BODY(RAW), ERR_NONE, "{}" },
	{ "gzip, deflate", BODY(BOTH), ERR_NONE, "{}" },
	{ ",gzip ,\tidentity, deflate,", BODY(BOTH), ERR_NONE, "{}" },
	{ "gzip", BODY(GZIP GZIP), ERR_NONE, "{}{}" },
	{ "identity", BODY("x"), ERR_NONE, "x" },
	{ "UTF-8", BODY("x"), ERR_NONE, "x" },
	{ "", BODY("x"), ERR_NONE, "x" },
	{ "gzip", BODY(BOMB), ERR_TOO_LARGE, NULL },
	{ "gzip", BODY(GZIP "x"), ERR_BAD_REQUEST, NULL },
	{ "deflate", BODY(ZLIB "x"), ERR_BAD_REQUEST, NULL },
	{ "deflate", BODY(RAW "x"), ERR_BAD_REQUEST, NULL },
	{ "gzip", GZIP, sizeof(GZIP) - 2, ERR_BAD_REQUEST, NULL },
	{ "gzip", GZIP, 1, ERR_BAD_REQUEST, NULL },
	{ "deflate", ZLIB, sizeof(ZLIB) - 2, ERR_BAD_REQUEST, NULL },
	{ "deflate", RAW, sizeof(RAW) - 2, ERR_BAD_REQUEST, NULL },
	{ "deflate", BODY("x\x9c"), ERR_BAD_REQUEST, NULL },
	{ "deflate", BODY(GZIP), ERR_BAD_REQUEST, NULL },
	{ "gzip", BODY(ZLIB), ERR_BAD_REQUEST, NULL },
	{ "deflate, gzip", BODY(GZIP), ERR_BAD_REQUEST, NULL },
	{ "br", BODY(GZIP), ERR_UNSUPPORTED, NULL },
	{ "gzip;q=1", BODY(GZIP), ERR_UNSUPPORTED, NULL },
	{ "gzi", BODY(GZIP), ERR_UNSUPPORTED, NULL },
	{ "gzip,gzip,gzip,gzip,gzip", BODY(GZIP), ERR_UNSUPPORTED, NULL }
};

static void
test_codings(void **state)
{
	struct codings list;
	struct err err;
	const char *text;
	size_t i, len;

	(void)state;
	for (i = 0; i < LENGTH(codings); i++) {
		err.code = ERR_NONE;
		request(NULL, codings[i].body, codings[i].len);
		req.headers[req.n_headers++] = (struct header){
			"content-encoding", codings[i].coding };
		text = req.body;
		len = req.body_len;
		if (codings_read(&req, &list, &err) == 0)
			codings_decode(&list, &arena, LIMIT, &text, &len, &err);
		if (err.code != codings[i].code || (err.code == ERR_NONE &&
		    (len != strlen(codings[i].decoded) ||
		    strcmp(text, codings[i].decoded) != 0)))
			fail_msg("codings[%zu]: code %d", i, err.code);
	}
}

/* The header may be repeated (RFC 9110, section 5.3). */
static void
test_two_headers(void **state)
{
	struct codings list;
	struct err err;

	(void)state;
	request(NULL, "", 0);
	req.headers[req.n_headers++] = (struct header){
		"content-encoding", "gzip" };
	req.headers[req.n_headers++] = (struct header){
		"content-encoding", "deflate" };
	req.body = BOTH;
	req.body_len = sizeof(BOTH) - 1;
	assert_int_equal(codings_read(&req, &list, &err), 0);
	assert_int_equal(codings_decode(&list, &arena, LIMIT, &req.body,
	    &req.body_len, &err), 0);
	assert_string_equal(req.body, "{}");
}

static void
test_print(void **state)
{
	static const struct {
		const char *header;
		const char *printed;
	} cases[] = {
		{ NULL, NULL }, { "", NULL }, { "identity", NULL },
		{ "utf-8", NULL }, { "br", NULL }, { "gzip", "gzip" },
		{ "GZIP , identity,\tdeflate,", "gzip, deflate" },
		{ "x-gzip", "x-gzip" }
	};
	const char *printed;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		printed = codings_print(&arena, cases[i].header);
		if ((printed == NULL) != (cases[i].printed == NULL) ||
		    (printed != NULL && strcmp(printed, cases[i].printed) != 0))
			fail_msg("cases[%zu]: %s", i, printed);
	}
}

/* Labels that each must be known to the C library as well. */
static void
test_charsets(void **state)
{
	static const struct {
		const char *type;
		const char *bytes;
		const char *text;	/* NULL: not converted */
	} cases[] = {
		{ "a/b; charset=iso-8859-1", "\xfc", "\xc3\xbc" },
		{ "a/b;v=\"x\"; CharSet = \"Latin1\"", "\xfc", NULL },
		{ "a/b;v=\"x\"; CharSet=\"Latin1\" ; w=1", "\xfc", "\xc3\xbc" },
		{ "a/b; charset='windows-1252'", "\x80", "\xe2\x82\xac" },
		{ "a/b; charset=windows-1252", "\x81" "a", "\xef\xbf\xbd" "a" },
		{ "a/b; charset=cp1251", "\xcf", "\xd0\x9f" },
		{ "a/b; charset=koi8-r", "\xd0", "\xd0\xbf" },
		{ "a/b; charset=iso-8859-15", "\xa4", "\xe2\x82\xac" },
		{ "a/b; charset=windows-1255", "\xe0", "\xd7\x90" },
		{ "a/b; charset=shift_jis", "\x93\xfa", "\xe6\x97\xa5" },
		{ "a/b; charset=shift_jis", "\x93", "\xef\xbf\xbd" },
		{ "a/b; charset=gb2312", "\xc4\xe3", "\xe4\xbd\xa0" },
		{ "a/b; charset=big5", "\xa7\x41", "\xe4\xbd\xa0" },
		{ "a/b; charset=euc-kr", "\xb0\xa1", "\xea\xb0\x80" },
		{ "a/b; charset=euc-jp", "\xc6\xfc", "\xe6\x97\xa5" },
		{ "a/b; charset=utf-16be", "\x20\xac", "\xe2\x82\xac" },
		{ "a/b; charset=utf-16", "\xac\x20", "\xe2\x82\xac" },
		{ "a/b; charset=utf-16", "\xfe\xff\x20\xac",
		    BOM "\xe2\x82\xac" },
		{ "a/b; charset=utf-16be", "\xff\xfe\xac\x20",
		    BOM "\xe2\x82\xac" },
		{ "a/b; charset=utf-16", "\xac\x20\x20",
		    "\xe2\x82\xac\xef\xbf\xbd" },
		{ "a/b; charset=utf-16", "\x01\xd8\xac\x20",
		    "\xef\xbf\xbd\xe2\x82\xac" },
		{ "a/b; charset=utf-8", "\xfc", NULL },
		{ "a/b; charset=us-ascii", "\xfc", NULL },
		{ "a/b; charset=UTF-8//TRANSLIT", "a", NULL },
		{ "a/b; charset=klingon", "a", NULL },
		{ "a/b; charset=", "a", NULL }, { "a/b; charset", "a", NULL },
		{ "a/b; xcharset=latin1", "a", NULL }, { "a/b", "a", NULL },
		{ NULL, "a", NULL }
	};
	struct buf out;
	size_t i;
	bool converted;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		buf_init(&out);
		converted = charset_convert(cases[i].type, cases[i].bytes,
		    strlen(cases[i].bytes), &out);
		if (converted != (cases[i].text != NULL) || strcmp(out.data,
		    converted ? cases[i].text : "") != 0)
			fail_msg("cases[%zu]: \"%s\"", i, out.data);
		buf_release(&out);
	}
}

/* A converted text of many pieces. */
static void
test_long_text(void **state)
{
	static char bytes[100001];
	struct buf out;
	size_t i;

	(void)state;
	memset(bytes, '\xfc', sizeof(bytes));
	buf_init(&out);
	assert_true(charset_convert("a/b; charset=latin1", bytes,
	    sizeof(bytes), &out));
	assert_int_equal(out.len, 2 * sizeof(bytes));
	for (i = 0; i < out.len; i += 2)
		assert_memory_equal(out.data + i, "\xc3\xbc", 2);
	buf_release(&out);
}

static const struct {
	const char *type;
	const char *body;
	size_t len;
	enum reading reading;
	const char *value;
} contents[] = {
	{ "application/json", BODY(""), READING_NOTHING, NULL },
	{ NULL, BODY(""), READING_NOTHING, NULL },
	{ "application/json", BODY(" {}"), READING_JSON, NULL },
	{ "Application/JSON ;a=b", BODY("null"), READING_JSON, NULL },
	{ "application/x+json", BODY("1"), READING_JSON, NULL },
	{ "application/json", BODY(BOM "1"), READING_VALUE, "1" },
	{ "application/json", BODY(BOM BOM "1"), READING_VALUE,
	    "\"" BOM "1\"" },
	{ "application/json", BODY("{"), READING_TEXT, NULL },
	{ "application/json", BODY("{}\0"), READING_VALUE, "\"{}\\u0000\"" },
	{ "application/json", BODY("\"\xfc\""), READING_VALUE,
	    "\"\\\"\xef\xbf\xbd\\\"\"" },
	{ "application/json; charset=latin1", BODY("\"\xfc\""), READING_VALUE,
	    "\"\xc3\xbc\"" },
	{ "application/json; charset=latin1", BODY("\"\xc3\xbc\""),
	    READING_JSON, NULL },
	{ "application/json; charset=utf-16", BODY("\xff\xfe" "1\0"),
	    READING_VALUE, "1" },
	{ "application/json; charset=utf-16", BODY("{\0"), READING_VALUE,
	    "\"{\"" },
	{ "application/json-seq", BODY("\x1e{}"), READING_TEXT, NULL },
	{ "text/plain", BODY("a"), READING_TEXT, NULL },
	{ "text/plain", BODY("{}"), READING_TEXT, NULL },
	{ "text/plain", BODY("\x01"), READING_TEXT, NULL },
	{ "text/plain", BODY("a\0b"), READING_VALUE, "\"a\\u0000b\"" },
	{ "text/plain", BODY(BOM), READING_VALUE, "\"\"" },
	{ "text/plain", BODY("\xe2\x82"), READING_VALUE, "\"\xef\xbf\xbd\"" },
	{ "image/svg+xml", BODY("\xff"), READING_VALUE, "\"\xef\xbf\xbd\"" },
	{ NULL, BODY("a"), READING_TEXT, NULL },
	{ NULL, BODY("{}"), READING_TEXT, NULL },
	{ NULL, BODY("\x1b\t\n\f\r"), READING_TEXT, NULL },
	{ NULL, BODY("\x01"), READING_VALUE, "[1]" },
	{ NULL, BODY("a\0"), READING_VALUE, "[97,0]" },
	{ NULL, BODY("\x0b"), READING_VALUE, "[11]" },
	{ NULL, BODY("\x1c"), READING_VALUE, "[28]" },
	{ NULL, BODY("\xff"), READING_VALUE, "[255]" },
	{ "image/png", BODY("\xff"), READING_VALUE, "[255]" },
	{ "x/y; charset=latin1", BODY("\xfc\x01"), READING_VALUE,
	    "\"\xc3\xbc\\u0001\"" },
	{ "x/y; charset=utf-8", BODY("\x01"), READING_TEXT, NULL },
	{ "application/octet-stream", BODY("a"), READING_VALUE, "[97]" },
	{ "application/octet-stream; charset=utf-8", BODY("a"), READING_VALUE,
	    "[97]" },
	{ "application/x-www-form-urlencoded", BODY("a=1&a=%00"), READING_VALUE,
	    "{\"a\":[\"1\",\"\xef\xbf\xbd\"]}" },
	{ "multipart/form-data", BODY("a"), READING_TEXT, NULL },
	{ "multipart/form-data; boundary=b", BODY("--b--"), READING_VALUE,
	    "{}" },
	{ "multipart/form-data; boundary=b", BODY("--b\0"), READING_VALUE,
	    "\"--b\\u0000\"" }
};

static void
test_contents(void **state)
{
	struct content content;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(contents); i++) {
		request(contents[i].type, contents[i].body, contents[i].len);
		content_any(&req, CAST_ARRAY, false, &content);
		if (content.reading != contents[i].reading ||
		    (content.value == NULL) != (contents[i].value == NULL) ||
		    (content.value != NULL &&
		    strcmp(content.value, contents[i].value) != 0))
			fail_msg("contents[%zu]: %s %s", i,
			    reading_name(content.reading), content.value);
	}
}

/* A decoded body is not what is stored. */
static void
test_decoded(void **state)
{
	static const struct {
		const char *type;
		const char *body;
		const char *value;
	} cases[] = {
		{ "application/json", "{}", "{}" },
		{ "application/json", "{", "\"{\"" },
		{ "text/plain", "a", "\"a\"" }, { "text/plain", "", "\"\"" },
		{ NULL, "\x01", "[1]" }, { NULL, "", "\"\"" },
		{ "application/octet-stream", "", "[]" },
		{ "application/x-www-form-urlencoded", "", "{}" }
	};
	struct content content;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		request(cases[i].type, "packed", 6);
		req.body = cases[i].body;
		req.body_len = strlen(cases[i].body);
		content_any(&req, CAST_ARRAY, false, &content);
		if (content.reading != READING_VALUE ||
		    strcmp(content.value, cases[i].value) != 0)
			fail_msg("cases[%zu]: %s", i, content.value);
	}
}

/* Of a door that has checked the body. */
static void
test_json(void **state)
{
	struct content content;

	(void)state;
	request(NULL, "{}", 2);
	content_json(&req, &content);
	assert_int_equal(content.reading, READING_JSON);
	assert_null(content.value);
	req.body = "[]";
	content_json(&req, &content);
	assert_int_equal(content.reading, READING_VALUE);
	assert_string_equal(content.value, "[]");
	request(NULL, "", 0);
	content_json(&req, &content);
	assert_int_equal(content.reading, READING_NOTHING);
	assert_null(content.value);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_codings),
		TEST(test_two_headers),
		TEST(test_print),
		TEST(test_charsets),
		TEST(test_long_text),
		TEST(test_contents),
		TEST(test_decoded),
		TEST(test_json)
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
