/* SPDX-License-Identifier: ISC */
/* Tests request bodies: types, codings, lengths, and draining. */
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
	size_t piece;		/* most bytes of a read */
	bool breaks;		/* instead of ending */
	bool ended;		/* the end was returned */
	size_t sent;
};

static ssize_t
source_read(void *ctx, char *to, size_t n)
{
	struct source *s = ctx;
	size_t left = s->len - s->sent;

	/* Nothing may be read after the end. */
	assert_false(s->ended);
	assert_true(n > 0);
	if (left == 0) {
		s->ended = !s->breaks;
		return s->breaks ? -1 : 0;
	}
	n = n < left ? n : left;
	n = n < s->piece ? n : s->piece;
	if (s->data != NULL)
		memcpy(to, s->data + s->sent, n);
	s->sent += n;
	return (ssize_t)n;
}

/* Each test's request, its body, and the error of the last read. */
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
	req.read = source_read;
	req.ctx = &source;
	req.length = (int64_t)source.len;
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
	return body_read(&req, BODY_JSON, LIMIT, &err);
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
		rc = body_read(&req, BODY_JSON_TYPED, LIMIT, &err);
		if (rc != (cases[i].accepted && strncasecmp(cases[i].type,
		    "application/json", 16) == 0 ? 0 : -1))
			fail_msg("cases[%zu], typed", i);
	}
	source_open("{}", 99);
	assert_int_equal(body_read(&req, BODY_JSON_TYPED, LIMIT, &err), -1);
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
	assert_int_equal(body_read(&req, BODY_ANY, LIMIT, &err), 0);
	assert_string_equal(req.body, "\xef\xbb\xbf{}");
	/* A coding of nothing is no error. */
	source_open("", 99);
	header_add("content-encoding", "br");
	assert_int_equal(body_read(&req, BODY_ANY, LIMIT, &err), 0);
	assert_ptr_equal(req.body, req.raw);
}

#define HERE (-3)		/* the length of the body */

static const struct {
	const char *body;
	int64_t length;
	bool breaks;
	enum err_code code;
	enum jsn_type type;
} bodies[] = {
	{ "{}", HERE, false, ERR_NONE, JSN_OBJECT },
	{ " [1,2]\n", HERE, false, ERR_NONE, JSN_ARRAY },
	{ "\"a\"", HERE, false, ERR_NONE, JSN_STRING },
	{ "null", HERE, false, ERR_NONE, JSN_NULL },
	{ "-1.5e3", HERE, false, ERR_NONE, JSN_NUMBER },
	{ "{\"a\":\"01234567890123456789012\"} ", HERE, false, ERR_NONE,
	    JSN_OBJECT },	/* exactly LIMIT bytes */
	{ "{\"a\":\"012345678901234567890123\"} ", HERE, false, ERR_TOO_LARGE,
	    JSN_NONE },
	{ "{}", INT64_MAX, false, ERR_TOO_LARGE, JSN_NONE },
	{ "", LIMIT + 1, false, ERR_TOO_LARGE, JSN_NONE },
	{ "{}", LIMIT, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 3, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 1, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{} ", 2, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 0, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", HTTP_LENGTH_BAD, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", HTTP_LENGTH_NONE, false, ERR_LENGTH_REQUIRED, JSN_NONE },
	{ "x", HTTP_LENGTH_NONE, true, ERR_LENGTH_REQUIRED, JSN_NONE },
	/* An empty body is not JSON, with a length or without. */
	{ "", HERE, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "", HTTP_LENGTH_NONE, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "", HTTP_LENGTH_NONE, true, ERR_BAD_REQUEST, JSN_NONE },
	{ "{", HERE, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}x", HERE, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "\"\xff\"", HERE, false, ERR_BAD_REQUEST, JSN_NONE },
	/* One byte order mark is skipped. */
	{ "\xef\xbb\xbf{}", HERE, false, ERR_NONE, JSN_OBJECT },
	{ "\xef\xbb\xbf", HERE, false, ERR_BAD_REQUEST, JSN_NONE },
	{ "\xef\xbb\xbf\xef\xbb\xbf{}", HERE, false, ERR_BAD_REQUEST,
	    JSN_NONE },
	/* Broken off before, at and after the length. */
	{ "{", 2, true, ERR_BAD_REQUEST, JSN_NONE },
	{ "{}", 2, true, ERR_BAD_REQUEST, JSN_NONE },
	{ "", 2, true, ERR_BAD_REQUEST, JSN_NONE }
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
			source.breaks = bodies[i].breaks;
			if (bodies[i].length != HERE)
				req.length = bodies[i].length;
			json_read();
			if (err.code != bodies[i].code ||
			    req.body_type != bodies[i].type ||
			    (err.code == ERR_NONE && !req.body_ended) ||
			    req.body_ended != source.ended)
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
		bool breaks;
		const char *says;
	} cases[] = {
		{ "{}", 3, false, "body: shorter than Content-Length" },
		{ "{", 2, true, "body: shorter than Content-Length" },
		{ "{} ", 2, false, "body: longer than Content-Length" },
		{ "{}", 2, true, "body: truncated" },
		{ "", HTTP_LENGTH_NONE, true, "body: truncated" },
		{ "{}", HTTP_LENGTH_BAD, false,
		    "Content-Length: must be a number" },
		{ "{}", LIMIT + 1, false, "body: must be at most 32 bytes" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		source_open(cases[i].body, 99);
		source.breaks = cases[i].breaks;
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
	assert_int_equal(body_read(&req, BODY_NONE, 0, &err), 0);
	assert_int_equal(req.body_len, 0);
	assert_int_equal(source.sent, source.len);
	assert_true(req.body_ended);
}

static void
test_discard(void **state)
{
	static const struct {
		size_t len;
		bool breaks;
		bool ended;
	} cases[] = {
		{ 0, false, true }, { 1, false, true },
		{ 100000, false, true }, { 0, true, false },
		{ 100000, true, false },
		{ BODY_DISCARD_MAX - 1, false, true },
		/* At most BODY_DISCARD_MAX bytes, not all. */
		{ BODY_DISCARD_MAX + (1 << 20), false, false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		source_open("", SIZE_MAX);
		source.data = NULL;
		source.len = cases[i].len;
		source.breaks = cases[i].breaks;
		body_discard(&req);
		if (req.body_ended != cases[i].ended ||
		    source.sent > BODY_DISCARD_MAX + (1 << 19) ||
		    (source.sent != source.len &&
		    source.sent < BODY_DISCARD_MAX))
			fail_msg("cases[%zu]: %zu of %zu", i, source.sent,
			    source.len);
		if (!source.breaks && req.body_ended)
			body_discard(&req);	/* has no effect */
	}
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
		TEST(test_discard)
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
