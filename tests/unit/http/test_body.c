/* SPDX-License-Identifier: ISC */
/* Tests request bodies: types, codings and lengths. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../unit.h"
#include "http/body.h"

#define LIMIT 32

/* A body that arrives in pieces. */
struct source {
	const char *data;
	size_t len;
	size_t piece;		/* most bytes that arrive at once */
	size_t sent;
};

/* Each test's request, its body, and the last error. */
static struct arena arena = ARENA_INIT;
static struct source source;
static struct req req;
static struct err err;

/* Begins a request with this body. */
static void
source_open(const char *body, size_t piece)
{
	source = (struct source){ .data = body, .len = strlen(body),
	    .piece = piece };
	memset(&req, 0, sizeof(req));
	memset(&err, 0, sizeof(err));
	req.arena = &arena;
	req.length = (int64_t)source.len;
	req.raw = req.body = "";
}

/* Receives the body, as a transport does. */
static int
receive(enum body_rule rule)
{
	size_t n;

	req.body_rule = rule;
	req.body_limit = LIMIT;
	if (body_begin(&req, &err) < 0)
		return -1;
	for (; source.sent < source.len; source.sent += n) {
		n = source.len - source.sent;
		n = n < source.piece ? n : source.piece;
		if (body_add(&req, source.data + source.sent, n, &err) < 0)
			return -1;
		assert_true(req.raw_len <= req.raw_size);
		assert_true(rule == BODY_NONE ||
		    req.raw_size <= (size_t)req.length);
	}
	return body_end(&req, &err);
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void
header_add(const char *name, const char *value)
{
	req.headers[req.n_headers++] = (struct header){ name, value };
}

/* Reads a JSON body. */
static int
json_read(void)
{
	return receive(BODY_JSON);
}

static void
test_types(void **state)
{
	static const struct {
		const char *type;
		bool accepted;
	} cases[] = {
		{ "application/json", true }, { "Application/JSON", true },
		{ "application/problem+json", true }, { "a/B+JSON", true },
		{ "application/json;charset=utf-8", true },
		{ "application/json; charset=UTF-8", true },
		{ "application/json ;\tCharset=\"utf-8\"", true },
		{ "application/json; charset=utf8 ", true },
		{ "application/json;", true },
		{ "application/json; v=1; charset=utf-8", true },
		{ "application/json; v=1", true },
		{ "application/json; v", true },
		{ "application/cloudevents+json; charset=utf-8", true },
		{ "application/json; charset=latin1", true },
		{ "application/json; charset=utf-16", true },
		{ "application/json; charset=\"iso-8859-1\"", true },
		{ "application/json; charset=", true },
		{ "application/json; charset=\"", true },
		{ "application/json; charset=\"\"", true },
		{ "application/json; v; charset=latin1", true },
		{ "application/json; v=1; charset=latin1", true },
		{ "application/json;charset=utf-8x", true },
		{ "application/jsonp", false }, { "application/jso", false },
		{ "text/json", false }, { "text/plain", false },
		{ "application/xml", false }, { "json", false },
		{ "+json", false }, { "application+json", false },
		{ "application/x+jsonx", false }, { ";", false },
		{ "application/x-www-form-urlencoded", false },
		{ "multipart/form-data; boundary=application/json", false },
		{ "text/plain; a=b+json", false },
		{ "application/json, text/plain", false },
		{ "text/html,a/b+json", false }, { "text/html, a/b+json", false },
		{ "text/html a/b+json", false }, { "text/html/b+json", false },
		{ "/b+json", false }, { "a/+json", false },
		{ "a(b)/c+json", false }, { " a/b+json", false }
	};
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		source_open("{}", 99);
		header_add("content-type", cases[i].type);
		rc = json_read();
		if (rc != (cases[i].accepted ? 0 : -1))
			fail_msg("cases[%zu] \"%s\"", i, cases[i].type);
		if (rc < 0 && (err.code != ERR_UNSUPPORTED || source.sent > 0))
			fail_msg("cases[%zu]: code %d", i, err.code);
		/* If a type is required, it must be application/json. */
		source_open("{}", 99);
		header_add("content-type", cases[i].type);
		rc = receive(BODY_JSON_TYPED);
		if (rc != (cases[i].accepted && strncasecmp(cases[i].type,
		    "application/json", 16) == 0 ? 0 : -1))
			fail_msg("cases[%zu], typed", i);
	}
	source_open("{}", 99);
	assert_int_equal(receive(BODY_JSON_TYPED), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	source_open("{}", 99);
	assert_int_equal(json_read(), 0);
	/* Two types are ambiguous. */
	source_open("{}", 99);
	header_add("content-type", "application/json");
	header_add("content-type", "application/json");
	assert_int_equal(json_read(), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
}

static void
test_codings(void **state)
{
	static const struct {
		const char *coding;
		enum err_code code;
	} cases[] = {
		{ "identity", ERR_NONE }, { "Identity", ERR_NONE },
		{ "", ERR_NONE }, { "utf-8", ERR_NONE },
		{ "br", ERR_UNSUPPORTED }, { "identity, br", ERR_UNSUPPORTED },
		/* Not what the body is. */
		{ "gzip", ERR_BAD_REQUEST }, { "deflate", ERR_BAD_REQUEST }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		source_open("{}", 99);
		header_add("content-encoding", cases[i].coding);
		json_read();
		if (err.code != cases[i].code || (err.code == ERR_UNSUPPORTED &&
		    source.sent > 0))
			fail_msg("cases[%zu] \"%s\"", i, cases[i].coding);
	}
}

/* "{}" with a byte order mark, raw deflate. */
static const char packed[] = "\173\277\173\177\165\055\000";

static void
packed_open(void)
{
	source_open("", 99);
	source.data = packed;
	source.len = sizeof(packed) - 1;
	req.length = (int64_t)source.len;
	header_add("content-encoding", "deflate");
}

/* The body is decoded and has no mark; raw is what came. */
static void
test_decoded(void **state)
{
	(void)state;
	packed_open();
	assert_int_equal(json_read(), 0);
	assert_int_equal(req.body_len, 2);
	assert_string_equal(req.body, "{}");
	assert_int_equal(req.raw_len, sizeof(packed) - 1);
	assert_memory_equal(req.raw, packed, sizeof(packed));
	/* Any body keeps its mark. */
	packed_open();
	assert_int_equal(receive(BODY_ANY), 0);
	assert_string_equal(req.body, "\xef\xbb\xbf{}");
	/* A coding of nothing is no error. */
	source_open("", 99);
	header_add("content-encoding", "br");
	assert_int_equal(receive(BODY_ANY), 0);
	assert_ptr_equal(req.body, req.raw);
}

#define HERE (-3)		/* the length of the body */

static const struct {
	const char *body;
	int64_t length;
	enum err_code code;
	enum jsn_type type;
} bodies[] = {
	{ "{}", HERE, ERR_NONE, JSN_OBJECT },
	{ " [1,2]\n", HERE, ERR_NONE, JSN_ARRAY },
	{ "\"a\"", HERE, ERR_NONE, JSN_STRING },
	{ "null", HERE, ERR_NONE, JSN_NULL },
	{ "-1.5e3", HERE, ERR_NONE, JSN_NUMBER },
	{ "{\"a\":\"01234567890123456789012\"} ", HERE, ERR_NONE,
	    JSN_OBJECT },	/* exactly LIMIT bytes */
	{ "{\"a\":\"012345678901234567890123\"} ", HERE, ERR_TOO_LARGE,
	    JSN_NONE },
	{ "{}", INT64_MAX, ERR_TOO_LARGE, JSN_NONE },
	{ "", LIMIT + 1, ERR_TOO_LARGE, JSN_NONE },
	{ "{}", LIMIT, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 3, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 1, ERR_BAD_REQUEST, JSN_NONE },
	{ "{} ", 2, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 0, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", HTTP_LENGTH_BAD, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", HTTP_LENGTH_NONE, ERR_LENGTH_REQUIRED, JSN_NONE },
	/* An empty body is not JSON, with a length or without. */
	{ "", HERE, ERR_BAD_REQUEST, JSN_NONE },
	{ "", HTTP_LENGTH_NONE, ERR_BAD_REQUEST, JSN_NONE },
	{ "{", HERE, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}x", HERE, ERR_BAD_REQUEST, JSN_NONE },
	{ "\"\xff\"", HERE, ERR_BAD_REQUEST, JSN_NONE },
	/* One byte order mark is skipped. */
	{ "\xef\xbb\xbf{}", HERE, ERR_NONE, JSN_OBJECT },
	{ "\xef\xbb\xbf", HERE, ERR_BAD_REQUEST, JSN_NONE },
	{ "\xef\xbb\xbf\xef\xbb\xbf{}", HERE, ERR_BAD_REQUEST, JSN_NONE }
};

/* Bodies are read whole, byte by byte, and in pieces. */
static void
test_lengths(void **state)
{
	static const size_t pieces[] = { 99, 1, 2, 5 };
	size_t i, p;

	(void)state;
	for (i = 0; i < LENGTH(bodies); i++)
		for (p = 0; p < LENGTH(pieces); p++) {
			source_open(bodies[i].body, pieces[p]);
			if (bodies[i].length != HERE)
				req.length = bodies[i].length;
			json_read();
			if (err.code != bodies[i].code ||
			    req.body_type != bodies[i].type)
				fail_msg("bodies[%zu] by %zu: code %d, type %d",
				    i, pieces[p], err.code, req.body_type);
			if (err.code == ERR_NONE && (req.raw_len !=
			    source.len || memcmp(req.raw, bodies[i].body,
			    source.len) != 0 || req.body + req.body_len !=
			    req.raw + req.raw_len))
				fail_msg("bodies[%zu]: %s", i, req.body);
			if (err.code == ERR_TOO_LARGE && source.sent > 0)
				fail_msg("bodies[%zu] was read", i);
		}
}

/* The errors for a body that does not match its length. */
static void
test_texts(void **state)
{
	static const struct {
		const char *body;
		int64_t length;
		const char *says;
	} cases[] = {
		{ "{}", 3, "body: shorter than Content-Length" },
		{ "{} ", 2, "body: longer than Content-Length" },
		{ "{}", HTTP_LENGTH_NONE,
		    "Content-Length: required with a body" },
		{ "{}", HTTP_LENGTH_BAD, "Content-Length: must be a number" },
		{ "{}", LIMIT + 1, "body: must be at most 32 bytes" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		source_open(cases[i].body, 99);
		req.length = cases[i].length;
		if (json_read() != -1 || strcmp(err.text, cases[i].says) != 0)
			fail_msg("cases[%zu]: %s", i, err.text);
	}
}

/* A NUL does not end a body, and is not JSON. */
static void
test_nul(void **state)
{

	(void)state;
	source_open("{}", 99);
	source.data = "{}\0{}";
	source.len = 5;
	req.length = 5;
	assert_int_equal(json_read(), -1);
	assert_int_equal(err.code, ERR_BAD_REQUEST);
}

/* A route without a body discards any body without a check. */
static void
test_none(void **state)
{

	(void)state;
	source_open("not JSON", 99);
	header_add("content-type", "text/plain");
	req.length = HTTP_LENGTH_BAD;
	assert_int_equal(receive(BODY_NONE), 0);
	assert_int_equal(req.body_len, 0);
}

/* Memory grows with what has arrived, not with Content-Length. */
static void
test_memory(void **state)
{
	static char bytes[100000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	source_open("", 99);
	req.length = sizeof(bytes);
	req.body_rule = BODY_ANY;
	req.body_limit = sizeof(bytes);
	assert_int_equal(body_begin(&req, &err), 0);
	assert_int_equal(req.raw_size, 0);
	for (i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(body_add(&req, bytes + i, 1, &err), 0);
		assert_true(req.raw_size <= 2 * i + 16384);
		assert_int_equal(req.raw[i + 1], '\0');
	}
	assert_int_equal(body_add(&req, bytes, 1, &err), -1);
	assert_int_equal(body_end(&req, &err), 0);
	assert_int_equal(req.body_len, sizeof(bytes));
	assert_memory_equal(req.body, bytes, sizeof(bytes));
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_codings),
		TEST(test_decoded),
		TEST(test_lengths),
		TEST(test_texts),
		TEST(test_nul),
		TEST(test_none),
		TEST(test_memory)
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
