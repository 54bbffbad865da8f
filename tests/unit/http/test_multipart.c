/* SPDX-License-Identifier: ISC */
/* Tests multipart/form-data: boundaries, headers, files and limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/mem.h"
#include "convert.h"
#include "http/multipart.h"

#define T(s) s, sizeof(s) - 1
#define FFFD "\xef\xbf\xbd"

#define TYPE "multipart/form-data; boundary=b"
#define NAME(n) "Content-Disposition: form-data; name=\"" n "\"\r\n"
#define FILE_NAME(n, f) \
	"Content-Disposition: form-data; name=\"" n "\"; filename=\"" f "\"\r\n"
#define FIELD(n, value) "--b\r\n" NAME(n) "\r\n" value "\r\n"
#define LAST "--b--\r\n"
#define PART(headers) "--b\r\n" headers "\r\nx\r\n" LAST

struct options {
	const char *type;
	enum cast cast;
	bool annotate;
};

static const struct options usual = { TYPE, CAST_UTF8, false };

/* Implements convert_fn; ctx: the options. */
static bool
multipart_convert(const void *ctx, const char *body, size_t len,
    struct buf *out)
{
	const struct options *o = ctx;

	return multipart_json(o->type, body, len, o->cast, o->annotate, out);
}

static bool
convert_parts(const struct options *o, const char *body, size_t len,
    struct buf *out)
{
	struct jsn_scan seen;

	return convert(multipart_convert, o, body, len, 4, out, &seen);
}

/* Expects this JSON; NULL: the body is not valid. */
static void
check(const struct options *o, const char *body, size_t len,
    const char *expected)
{
	struct buf b;
	bool valid = convert_parts(o, body, len, &b);

	if (valid != (expected != NULL) ||
	    (valid && strcmp(b.data, expected) != 0))
		fail_msg("%s\n%s\n%s", body, valid ? b.data : "not valid",
		    expected != NULL ? expected : "not valid");
	buf_release(&b);
}

struct text_case {
	const char *body;
	size_t len;
	const char *expected;
};

static void
check_all(const struct text_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		check(&usual, cases[i].body, cases[i].len, cases[i].expected);
}

static void
test_parts(void **state)
{
	static const struct text_case cases[] = {
		{ T(FIELD("a", "1") LAST), "{\"a\":\"1\"}" },
		{ T(FIELD("a", "") LAST), "{\"a\":\"\"}" },
		{ T(FIELD("", "1") LAST), "{\"\":\"1\"}" },
		{ T(FIELD("b", "1") FIELD("a", "2") FIELD("b", "3") LAST),
		    "{\"b\":[\"1\",\"3\"],\"a\":\"2\"}" },
		{ T(FIELD("\xe9", "1") FIELD("\xc3\xa9", "2") LAST),
		    "{\"\xc3\xa9\":[\"1\",\"2\"]}" },
		{ T(FIELD("a", "\xe9\0+%41\"\r\n\n\r") LAST),
		    "{\"a\":\"\xc3\xa9" FFFD "+%41\\\"\\r\\n\\n\\r\"}" },
		/* a file, whose name may be empty, beside a field */
		{ T("--b\r\n" FILE_NAME("a", "x") "\r\n\xe9\0\r\n" LAST),
		    "{\"a\":\"" FFFD "\\u0000\"}" },
		{ T("--b\r\n" FILE_NAME("a", "") "\r\n\xe9\r\n" FIELD("a",
		    "\xe9") LAST), "{\"a\":[\"" FFFD "\",\"\xc3\xa9\"]}" },
		/* no part: an empty form */
		{ T(LAST), "{}" }, { T("--b--"), "{}" },
		{ T("--b--\r\nx"), "{}" }, { T("x\r\n--b--"), NULL },
		/* headers, but neither an empty line nor content */
		{ T("--b\r\n" NAME("a") "\r\n" LAST), "{\"a\":\"\"}" },
		/* multipart in multipart is content */
		{ T("--b\r\n" NAME("a") "Content-Type: multipart/mixed; "
		    "boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n" LAST),
		    "{\"a\":\"--c\\r\\n\\r\\nx\\r\\n--c--\"}" },
		/* no transfer encoding is decoded */
		{ T("--b\r\n" NAME("a") "Content-Transfer-Encoding: base64"
		    "\r\n\r\nYQ==\r\n" LAST), "{\"a\":\"YQ==\"}" },
		/* not valid */
		{ T(""), NULL }, { T("x"), NULL }, { T("\r\n"), NULL },
		{ T("a=1&b=2"), NULL }, { T("{\"a\":1}"), NULL },
		{ T("--b"), NULL }, { T("--b\r\n"), NULL },
		{ T("--b\r\n--b--\r\n"), NULL },
		{ T("--b\r\n\r\n--b--\r\n"), NULL },
		{ T("--b\r\n\r\nx\r\n--b--\r\n"), NULL },
		{ T("--b\r\n\r\n\r\n--b--\r\n"), NULL },
		{ T(FIELD("a", "1")), NULL },
		{ T(FIELD("a", "1") "--b\r\n"), NULL },
		{ T(FIELD("a", "1") "--b\r\n\r\nx\r\n" LAST), NULL },
		{ T("--c\r\n" NAME("a") "\r\nx\r\n--c--\r\n"), NULL }
	};

	(void)state;
	check_all(cases, LENGTH(cases));
}

static void
test_boundaries(void **state)
{
	static const struct text_case cases[] = {
		/* preamble and epilogue */
		{ T("x\r\n" FIELD("a", "1") LAST), "{\"a\":\"1\"}" },
		{ T("\r\n" FIELD("a", "1") LAST), "{\"a\":\"1\"}" },
		{ T("--bx\r\n-- b\r\n" FIELD("a", "1") LAST),
		    "{\"a\":\"1\"}" },
		{ T("x" FIELD("a", "1") LAST), NULL },
		{ T(FIELD("a", "1") LAST "x"), "{\"a\":\"1\"}" },
		{ T(FIELD("a", "1") LAST FIELD("c", "2") LAST),
		    "{\"a\":\"1\"}" },
		/* blanks at the end of the line, and the end of the body */
		{ T("--b \t\r\n" NAME("a") "\r\n1\r\n--b-- \t\r\n"),
		    "{\"a\":\"1\"}" },
		{ T(FIELD("a", "1") "--b--"), "{\"a\":\"1\"}" },
		{ T(FIELD("a", "1") "--b-- "), "{\"a\":\"1\"}" },
		{ T(FIELD("a", "1") "--b--\r"), NULL },
		{ T(FIELD("a", "1") "--b--\n"), NULL },
		{ T(FIELD("a", "1") "--b--x"), NULL },
		{ T(FIELD("a", "1") "--b"), NULL },
		{ T(FIELD("a", "1") "--b "), NULL },
		{ T(FIELD("a", "1") "--b-"), NULL },
		{ T(FIELD("a", "1") "--b-\r\n"), NULL },
		{ T(FIELD("a", "1") "--b - -\r\n"), NULL },
		/* lines that begin with the boundary, or are similar to it,
		 * are content */
		{ T(FIELD("a", "\r\n--bb\r\n--b--x\r\n--b-\r\n--b x") LAST),
		    "{\"a\":\"\\r\\n--bb\\r\\n--b--x\\r\\n--b-\\r\\n--b x\"}" },
		/* a boundary after the empty line ends the part */
		{ T(FIELD("a", "--b\r\n" NAME("c") "\r\nx") LAST),
		    "{\"a\":\"\",\"c\":\"x\"}" },
		{ T(FIELD("a", "--b\r\nx") LAST), NULL },
		{ T(FIELD("a", "--bx\r\n-b\r\n--c\r\n--B\r\n --b") LAST),
		    "{\"a\":\"--bx\\r\\n-b\\r\\n--c\\r\\n--B\\r\\n --b\"}" },
		{ T(FIELD("a", "x--b--\r\n--") LAST),
		    "{\"a\":\"x--b--\\r\\n--\"}" },
		/* one CRLF before the boundary belongs to it */
		{ T(FIELD("a", "\r\n") LAST), "{\"a\":\"\\r\\n\"}" },
		{ T(FIELD("a", "1\r") LAST), "{\"a\":\"1\\r\"}" },
		{ T(FIELD("a", "1\r\r\n\r") LAST),
		    "{\"a\":\"1\\r\\r\\n\\r\"}" },
		/* a bare LF or CR ends no line */
		{ T("--b\n" NAME("a") "\r\n1\r\n" LAST), NULL },
		{ T("--b\n" NAME("a") "\r\n1\n--b--\n"), NULL },
		{ T(FIELD("a", "1\n--b--\n--b\n") LAST),
		    "{\"a\":\"1\\n--b--\\n--b\\n\"}" },
		{ T(FIELD("a", "1\n--b\r\n\r--b\r\n") LAST),
		    "{\"a\":\"1\\n--b\\r\\n\\r--b\\r\\n\"}" },
		{ T(FIELD("a", "1\r\n--b\r") LAST),
		    "{\"a\":\"1\\r\\n--b\\r\"}" },
		{ T("--b\r\nContent-Disposition: form-data; name=a\n\n1\r\n"
		    LAST), NULL },
		{ T("--b\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n"
		    LAST), NULL },
		{ T("--b\r\nContent-Disposition: form-data; name=a\r\r\n1\r\n"
		    LAST), NULL }
	};

	(void)state;
	check_all(cases, LENGTH(cases));
}

static void
test_headers(void **state)
{
	static const struct text_case cases[] = {
		{ T(PART("content-disposition: FORM-DATA; NAME=a\r\n")),
		    "{\"a\":\"x\"}" },
		{ T(PART("CONTENT-DISPOSITION:form-data;name=a\r\n")),
		    "{\"a\":\"x\"}" },
		{ T(PART("X:\r\nY: z\r\n" NAME("a") "Z:z\r\n")),
		    "{\"a\":\"x\"}" },
		{ T(PART("Content-Disposition: \t form-data ;\tname=a ;; \t;"
		    "\r\n")), "{\"a\":\"x\"}" },
		{ T(PART("Content-Disposition: form-data; x=\"; name=b\"; "
		    "name=a; xname=c; name2=d\r\n")), "{\"a\":\"x\"}" },
		{ T(PART("Content-Disposition: form-data; name=a=b/c\r\n")),
		    "{\"a=b/c\":\"x\"}" },
		/* quoted */
		{ T(PART(NAME("a\\\"b\\\\c\\d;e=f"))),
		    "{\"a\\\"b\\\\c\\\\d;e=f\":\"x\"}" },
		{ T(PART(NAME("a%22b%0D+"))), "{\"a%22b%0D+\":\"x\"}" },
		{ T(PART(NAME("a\tb"))), "{\"a\\tb\":\"x\"}" },
		{ T(PART(NAME("a\\"))), NULL },
		{ T(PART("Content-Disposition: form-data; name=\"\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name=\"a\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name=\"a\\\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name=\"a\"b\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name=a\"b\"\r\n")),
		    NULL },
		/* folded, but the empty line before a blank is the end */
		{ T(PART("Content-Disposition:\r\n form-data;\r\n\tname="
		    "\"a\r\n b\"\r\n")), "{\"a b\":\"x\"}" },
		{ T("--b\r\n" NAME("a") "\r\n x\r\n" LAST),
		    "{\"a\":\" x\"}" },
		{ T("--b\r\n" NAME("a") " \r\n\r\nx\r\n" LAST),
		    "{\"a\":\"x\"}" },
		{ T("--b\r\n " NAME("a") "\r\nx\r\n" LAST), NULL },
		/* required parts that are missing or repeated */
		{ T(PART("Content-Type: text/plain\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data; filename=a\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name*=a\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: attachment; name=a\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data2; name=a\r\n")),
		    NULL },
		{ T(PART("Content-Disposition:\r\n")), NULL },
		{ T(PART(NAME("a") NAME("a"))), NULL },
		{ T(PART(NAME("a") "Content-Disposition: form-data\r\n")),
		    NULL },
		{ T(PART(NAME("a") "Content-Type: a/b\r\ncontent-type: a/b"
		    "\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data; name=a; NAME=a\r\n")),
		    NULL },
		/* malformed headers and parameters */
		{ T(PART(NAME("a") "x\r\n")), NULL },
		{ T(PART(NAME("a") ": x\r\n")), NULL },
		{ T(PART(NAME("a") "X : x\r\n")), NULL },
		{ T(PART(NAME("a") "X x: x\r\n")), NULL },
		{ T(PART("Content-Disposition : form-data; name=a\r\n")),
		    NULL },
		{ T(PART(NAME("a") "X: \0\r\n")), NULL },
		{ T(PART(NAME("a") "X: \x7f\r\n")), NULL },
		{ T(PART(NAME("a") "X: \x1f\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data name=a\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data; name\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data; name=\r\n")), NULL },
		{ T(PART("Content-Disposition: form-data; name =a\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name=a b\r\n")),
		    NULL },
		{ T(PART("Content-Disposition: form-data; name=a; =b\r\n")),
		    NULL }
	};

	(void)state;
	check_all(cases, LENGTH(cases));
}

static void
test_types(void **state)
{
#define B70 "0123456789'()+_,-./:=?" \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
	static const struct {
		const char *type;
		const char *boundary;
		bool valid;
	} cases[] = {
		{ "multipart/form-data; boundary=b", "b", true },
		{ "Multipart/Form-Data;Boundary=b", "b", true },
		{ " multipart/form-data ;\t boundary=\"b\" ; x=y;", "b", true },
		{ "multipart/form-data; x=\"; boundary=c\"; boundary=b",
		    "b", true },
		{ "multipart/form-data; boundary=\"b c\"", "b c", true },
		{ "multipart/form-data; boundary=\"a\\\"\\\\b\"", "a\"\\b",
		    true },
		{ "multipart/form-data; boundary=----=_Part_1/2",
		    "----=_Part_1/2", true },
		{ "multipart/form-data; boundary=b--", "b--", true },
		{ "multipart/form-data; boundary=" B70, B70, true },
		{ "multipart/form-data; boundary=\"" B70 "\"", B70, true },
		{ "multipart/form-data; boundary=" B70 "W", B70 "W", false },
		{ "multipart/form-data; boundary=\"\"", "", false },
		{ "multipart/form-data; boundary=", "", false },
		{ "multipart/form-data; boundary", "", false },
		{ "multipart/form-data; boundary=b; boundary=b", "b", false },
		{ "multipart/form-data; boundary=\"b", "b", false },
		{ "multipart/form-data; boundary=\"b \"", "b ", false },
		{ "multipart/form-data; boundary=\"b\tc\"", "b\tc", false },
		{ "multipart/form-data; boundary=\"b\r\nc\"", "b\r\nc", false },
		{ "multipart/form-data; boundary=\"b\x7f\"", "b\x7f", false },
		{ "multipart/form-data; boundary=\"b\x1f\"", "b\x1f", false },
		{ "multipart/form-data; boundary=b\xc3\xa9",
		    "b\xc3\xa9", false },
		{ "multipart/form-data; boundary=b c", "b", false },
		{ "multipart/form-data boundary=b", "b", false },
		{ "multipart/form-data", "", false },
		{ "multipart/mixed; boundary=b", "b", false },
		{ "multipart/form-datab; boundary=b", "b", false },
		{ "boundary=b", "b", false }, { "", "b", false }
	};
	struct options o = usual;
	char body[512];
	const char *b;
	struct buf out;
	size_t i;

	(void)state;
	assert_int_equal(strlen(B70), MULTIPART_BOUNDARY_MAX);
	for (i = 0; i < LENGTH(cases); i++) {
		o.type = cases[i].type;
		b = cases[i].boundary;
		snprintf(body, sizeof(body), "--%s\r\n" NAME("a")
		    "\r\n--%sx\r\n--%s--", b, b, b);
		assert_true(convert_parts(&o, body, strlen(body), &out) ==
		    cases[i].valid);
		if (cases[i].valid)
			assert_memory_equal(out.data, "{\"a\":\"--", 8);
		buf_release(&out);
	}
}

static void
test_files(void **state)
{
#define FILES "--b\r\n" FILE_NAME("f", "a \\\"b\\\".png") \
	"Content-Type:  image/png; x=y \r\n\r\n\1\xff\r\n" \
	FIELD("g", "\1") "--b\r\n" FILE_NAME("f", "") "\r\n\r\n" LAST
#define NAMED(parameters) PART("Content-Disposition: form-data; name=a; " \
	parameters "\r\n")
#define ANNOTATED(name) "{\"a\":{\"filename\":\"" name "\"," \
	"\"contentType\":\"text/plain\",\"data\":[120]}}"
	static const struct {
		enum cast cast;
		bool annotate;
		const char *body;
		size_t len;
		const char *expected;
	} cases[] = {
		{ CAST_ARRAY, false, T(FILES),
		    "{\"f\":[[1,255],[]],\"g\":\"\\u0001\"}" },
		{ CAST_HEX, false, T(FILES),
		    "{\"f\":[\"01ff\",\"\"],\"g\":\"\\u0001\"}" },
		{ CAST_BASE64, false, T(FILES),
		    "{\"f\":[\"Af8=\",\"\"],\"g\":\"\\u0001\"}" },
		{ CAST_BINARY, false, T(FILES),
		    "{\"f\":[\"\\u0001\xc3\xbf\",\"\"],\"g\":\"\\u0001\"}" },
		{ CAST_HEX, true, T(FILES),
		    "{\"f\":[{\"filename\":\"a \\\"b\\\".png\",\"contentType\":"
		    "\"image/png; x=y\",\"data\":\"01ff\"},{\"filename\":\"\","
		    "\"contentType\":\"text/plain\",\"data\":\"\"}],"
		    "\"g\":\"\\u0001\"}" },
		{ CAST_ARRAY, true, T(NAMED("filename=x")), ANNOTATED("x") },
		{ CAST_ARRAY, true, T(NAMED("filename=\"\xe9\"")),
		    ANNOTATED("\xc3\xa9") },
		{ CAST_ARRAY, true, T(NAMED("FileName*=UTF-8''%c3%A9+%zz")),
		    ANNOTATED("\xc3\xa9+%zz") },
		{ CAST_ARRAY, true, T(NAMED("filename*=iso-8859-1'en'%E9'")),
		    ANNOTATED("\xc3\xa9'") },
		{ CAST_ARRAY, true,
		    T(NAMED("filename*=UTF-8''y; filename=x")),
		    ANNOTATED("y") },
		{ CAST_ARRAY, true, T(NAMED("filename*=UTF-8''")),
		    ANNOTATED("") },
		{ CAST_ARRAY, true, T(NAMED("filename*=a'%41")),
		    ANNOTATED("a'%41") },
		{ CAST_ARRAY, true, T(NAMED("filename*=%41")),
		    ANNOTATED("%41") },
		{ CAST_ARRAY, true, T(NAMED("filename*=\"\\a'\"")),
		    ANNOTATED("\\\\a'") },
		{ CAST_ARRAY, true, T(NAMED("filename*=''%00")),
		    ANNOTATED(FFFD) },
		{ CAST_ARRAY, true, T(NAMED("filename=x; filename=x")), NULL },
		{ CAST_ARRAY, true, T(NAMED("filename=x; filename")), NULL },
		{ CAST_ARRAY, true, T(NAMED("filename=C:\\a.txt")),
		    ANNOTATED("C:\\\\a.txt") },
		{ CAST_ARRAY, true, T(NAMED("filename=\"C:\\a.txt\"")),
		    ANNOTATED("C:\\\\a.txt") },
		/* neither a file nor text */
		{ CAST_HEX, true, T(PART(NAME("a")
		    "Content-Type: Application/Octet-Stream; x=y\r\n")),
		    "{\"a\":\"78\"}" },
		/* a field is never annotated or cast */
		{ CAST_ARRAY, true, T(NAMED("file=x")), "{\"a\":\"x\"}" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		check(&(struct options){ TYPE, cases[i].cast,
		    cases[i].annotate }, cases[i].body, cases[i].len,
		    cases[i].expected);
}

static bool
parts_are_valid(unsigned n, unsigned names)
{
	struct buf text, b;
	unsigned i;
	bool valid;

	buf_init(&text);
	for (i = 0; i < n; i++)
		buf_printf(&text, "--b\r\nContent-Disposition: form-data; "
		    "name=%u\r\n\r\n%u\r\n", i % names, i);
	buf_addstr(&text, LAST);
	valid = convert_parts(&usual, text.data, text.len, &b);
	buf_release(&text);
	buf_release(&b);
	return valid;
}

static void
test_many_parts(void **state)
{
	(void)state;
	assert_true(parts_are_valid(MULTIPART_PARTS_MAX, 10000));
	assert_true(parts_are_valid(MULTIPART_PARTS_MAX, 3));
	assert_false(parts_are_valid(MULTIPART_PARTS_MAX + 1, 10000));
	assert_false(parts_are_valid(10000, 1));
}

/* Returns whether a part with n headers of so many bytes in all is valid; the
 * last one fills up. */
static bool
head_is_valid(unsigned n, size_t bytes)
{
	struct buf text, b;
	unsigned i;
	size_t begin;
	bool valid;

	buf_init(&text);
	buf_addstr(&text, "--b\r\n");
	begin = text.len;
	buf_addstr(&text, NAME("a"));
	for (i = 2; i < n; i++)
		buf_addstr(&text, "x:\r\n");
	buf_addstr(&text, "x:");
	while (text.len + 2 - begin < bytes)
		buf_addch(&text, 'x');
	buf_addstr(&text, "\r\n\r\n1\r\n" LAST);
	valid = convert_parts(&usual, text.data, text.len, &b);
	if (valid)
		assert_string_equal(b.data, "{\"a\":\"1\"}");
	buf_release(&text);
	buf_release(&b);
	return valid;
}

static void
test_large_heads(void **state)
{
	(void)state;
	assert_true(head_is_valid(MULTIPART_HEADERS_MAX, 0));
	assert_false(head_is_valid(MULTIPART_HEADERS_MAX + 1, 0));
	assert_true(head_is_valid(2, MULTIPART_HEAD_MAX));
	assert_false(head_is_valid(2, MULTIPART_HEAD_MAX + 1));
	assert_true(head_is_valid(9, MULTIPART_HEAD_MAX));
	assert_false(head_is_valid(9, MULTIPART_HEAD_MAX + 1));
	assert_false(head_is_valid(2, 1 << 20));
}

static void
test_slow(void **state)
{
	static const char *const pieces[] = { "\r\n--b", "\r\n--b \t", "\r\n ",
	    "\r\n--b\r\n", "--b--", "\r", " ", ";", ";a=\"\"", "x:\r\n" };

	(void)state;
	convert_slow(multipart_convert, &usual, "--b\r\n" NAME("a"), pieces,
	    LENGTH(pieces), "\r\n" LAST);
}

static const char whole[] = "preamble\r\n--b\r\n" FILE_NAME("f\\\"", "x\\\\y")
    "Content-Type: a/b;\r\n c=d\r\n\r\n\0\r\n--bc\r\n\r\n" FIELD("a", "1")
    "--b \r\n" "Content-Disposition: form-data; name=f; "
    "filename*=UTF-8'en'%41%\r\n\r\n\r\n" FIELD("a", "") LAST;

/* A body is complete only with its last boundary. */
static void
test_truncated(void **state)
{
	const struct options o = { TYPE, CAST_BASE64, true };
	const size_t len = sizeof(whole) - 1, at = len - strlen("\r\n");
	struct buf b;
	size_t n;

	(void)state;
	for (n = 0; n <= len; n++) {
		assert_true(convert_parts(&o, whole, n, &b) ==
		    (n == at || n == len));
		buf_release(&b);
	}
}

/* With any byte anywhere, the output is JSON or empty. */
static void
test_mangled(void **state)
{
	static const char bytes[] = "\0\r\n \t;:=\"\\-'%b\xff*";
	struct options o = { TYPE, CAST_ARRAY, true };
	char body[sizeof(whole)];
	char type[] = "multipart/form-data; boundary=\"b\"";
	struct buf b;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(whole) - 1; i++) {
		for (j = 0; j < sizeof(bytes); j++) {
			memcpy(body, whole, sizeof(whole));
			body[i] = bytes[j];
			convert_parts(&o, body, sizeof(whole) - 1, &b);
			buf_release(&b);
		}
	}
	o = (struct options){ type, CAST_HEX, false };
	for (i = 0; i < sizeof(type) - 1; i++) {
		for (j = 0; j < sizeof(bytes); j++) {
			char was = type[i];

			type[i] = bytes[j];
			convert_parts(&o, whole, sizeof(whole) - 1, &b);
			buf_release(&b);
			type[i] = was;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_many_parts),
		cmocka_unit_test(test_large_heads),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mangled)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
