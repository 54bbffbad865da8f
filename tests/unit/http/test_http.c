/* SPDX-License-Identifier: ISC */
/* Tests requests and response heads: targets, headers, escapes and ETags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "base/mem.h"
#include "http/http.h"

#define ENV_MAX 8

/* Implements http_piece_fn; it is not called. */
static int
piece_none(struct req *req, void *ctx, struct buf *out, struct err *err)
{
	(void)req;
	(void)ctx;
	(void)out;
	(void)err;
	return 0;
}

/* Each test's request, and the error of the last parse(). */
static struct arena arena = ARENA_INIT;
static struct req req;
static struct err err;

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Parses an environment of up to n variables, which a NULL may end. */
static int
parse(const char *const *env, size_t n)
{
	char *copy[HTTP_HEADERS_MAX + ENV_MAX] = { NULL };
	size_t i;
	int rc;

	memset(&req, 0, sizeof(req));
	memset(&err, 0, sizeof(err));
	req.arena = &arena;
	assert_true(n < LENGTH(copy));
	for (i = 0; i < n && env[i] != NULL; i++)
		copy[i] = arena_strdup(&arena, env[i]);
	rc = http_parse(&req, copy, &err);
	assert_int_equal(strlen(req.id), ID_UUID_SIZE - 1);
	return rc;
}

static void
test_target(void **state)
{
	static const struct {
		const char *uri;
		const char *path;
		const char *query;
	} cases[] = {
		{ "/", "/", "" }, { "/a/b", "/a/b", "" },
		{ "/a?", "/a", "" }, { "/a?b=c", "/a", "b=c" },
		{ "/a?b?c", "/a", "b?c" }, { "/?x", "/", "x" },
		{ "/a%2Fb%3Fc", "/a%2Fb%3Fc", "" },
		{ "//a", "//a", "" }, { "/a//b/", "/a//b/", "" },
		{ "/a#b", "/a#b", "" },
		{ "/a?u=http://h/p", "/a", "u=http://h/p" },
		{ "/http://h/p", "/http://h/p", "" },
		{ "http://h/a?b", "/a", "b" },
		{ "https://user@h:8443/a/b", "/a/b", "" },
		{ "HTTP://h/", "/", "" },
		{ "http://h/a?u=http://i/b", "/a", "u=http://i/b" },
		{ "*", "*", "" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const char *env[] = { "REQUEST_METHOD=GET",
		    arena_printf(&arena, "REQUEST_URI=%s", cases[i].uri) };

		if (parse(env, LENGTH(env)) < 0)
			fail_msg("cases[%zu]: %s", i, err.text);
		if (strcmp(req.path, cases[i].path) != 0 ||
		    strcmp(req.query, cases[i].query) != 0)
			fail_msg("cases[%zu]: path %s, query %s", i, req.path,
			    req.query);
	}
}

/* The base of URLs in responses. */
static void
test_base(void **state)
{
	static const struct {
		const char *url;	/* the option public_url */
		const char *env[3];
		const char *base;
	} cases[] = {
		{ "", { "HTTP_HOST=h.example" }, "http://h.example" },
		{ "", { "HTTP_HOST=h", "REQUEST_SCHEME=https" }, "https://h" },
		{ "", { "HTTP_HOST=h", "REQUEST_SCHEME=HTTPS" }, "https://h" },
		{ "", { "HTTP_HOST=h", "HTTPS=on" }, "https://h" },
		{ "", { "HTTP_HOST=h", "HTTPS=off" }, "http://h" },
		{ "", { "HTTP_HOST=h", "REQUEST_SCHEME=javascript" },
		    "http://h" },
		{ "", { "HTTP_HOST=[::1]:8080" }, "http://[::1]:8080" },
		{ "", { "HTTP_HOST=a_b~c-d:1" }, "http://a_b~c-d:1" },
		{ "", { "HTTP_HOST=a/b" }, "" },
		{ "", { "HTTP_HOST=a\"b" }, "" },
		{ "", { "HTTP_HOST=user@h" }, "" },
		{ "", { "HTTP_HOST=" }, "" },
		{ "", { NULL }, "" },
		{ "https://x/y", { "HTTP_HOST=h" }, "https://x/y" },
		{ "https://x//", { "HTTP_HOST=h" }, "https://x" },
		{ "https://x", { NULL }, "https://x" }
	};
	struct conf conf = { .path = NULL };
	const struct services services = { .conf = &conf };
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const char *env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/",
		    cases[i].env[0], cases[i].env[1] };

		assert_int_equal(parse(env, LENGTH(env)), 0);
		conf.public_url = arena_strdup(&arena, cases[i].url);
		req.services = &services;
		if (strcmp(http_base(&req), cases[i].base) != 0)
			fail_msg("cases[%zu]: %s", i, http_base(&req));
	}
}

static void
test_rejected(void **state)
{
	static const struct {
		const char *env[3];
		const char *says;
	} cases[] = {
		{ { NULL }, "method: required" },
		{ { "REQUEST_URI=/a" }, "method: required" },
		{ { "REQUEST_METHOD=", "REQUEST_URI=/a" }, "method: required" },
		{ { "REQUEST_METHODS=GET", "REQUEST_URI=/a" }, "method: required" },
		{ { "REQUEST_METHOD", "REQUEST_URI=/a" }, "method: required" },
		{ { "REQUEST_METHOD=GET" }, "path: required" },
		{ { "REQUEST_METHOD=GET", "REQUEST_URI=" }, "path: required" },
		{ { "REQUEST_METHOD=GET", "REQUEST_URI=?a" }, "path: required" },
		{ { "REQUEST_METHOD=GET", "REQUEST_URI=http://h" }, "path: required" },
		{ { "REQUEST_METHOD=GET", "PATH_INFO=/a" }, "path: required" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		if (parse(cases[i].env, 3) != -1)
			fail_msg("cases[%zu] is accepted", i);
		if (err.code != ERR_BAD_REQUEST ||
		    strcmp(err.text, cases[i].says) != 0)
			fail_msg("cases[%zu]: %s", i, err.text);
		/* The request has all members that a response needs. */
		assert_non_null(req.method);
		assert_non_null(req.path);
		assert_non_null(req.query);
		assert_non_null(req.remote);
	}
}

static void
test_length(void **state)
{
	static const struct {
		const char *text;
		int64_t length;
	} cases[] = {
		{ "0", 0 }, { "1", 1 }, { "007", 7 },
		{ "9223372036854775807", INT64_MAX },
		{ "", HTTP_LENGTH_NONE },
		{ "9223372036854775808", HTTP_LENGTH_BAD },
		{ "-1", HTTP_LENGTH_BAD }, { "-2", HTTP_LENGTH_BAD },
		{ "+1", HTTP_LENGTH_BAD }, { " 1", HTTP_LENGTH_BAD },
		{ "1 ", HTTP_LENGTH_BAD }, { "1,1", HTTP_LENGTH_BAD },
		{ "0x1", HTTP_LENGTH_BAD }, { "1.0", HTTP_LENGTH_BAD },
		{ "1e3", HTTP_LENGTH_BAD }, { "x", HTTP_LENGTH_BAD }
	};
	const char *env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/", NULL };
	size_t i;

	(void)state;
	assert_int_equal(parse(env, LENGTH(env)), 0);
	assert_int_equal(req.length, HTTP_LENGTH_NONE);
	for (i = 0; i < LENGTH(cases); i++) {
		env[2] = arena_printf(&arena, "CONTENT_LENGTH=%s",
		    cases[i].text);
		assert_int_equal(parse(env, LENGTH(env)), 0);
		if (req.length != cases[i].length)
			fail_msg("cases[%zu] \"%s\": %lld", i, cases[i].text,
			    (long long)req.length);
	}
}

static void
test_headers(void **state)
{
	static const char *const env[] = {
		"REQUEST_METHOD=POST", "REQUEST_URI=/a", "REMOTE_ADDR=::1",
		"CONTENT_TYPE=application/json", "HTTP_CONTENT_TYPE=text/plain",
		"HTTP_CONTENT_LENGTH=7", "HTTP_X_Up_down=Up=Down",
		"HTTP_ACCEPT=", "HTTP_TWICE=one", "HTTP_TWICE=two",
		"HTTPS=on", "HTTP_NOVALUE", "SERVER_NAME=HTTP_A=b"
	};
	static const struct {
		const char *name;
		const char *value;
		size_t count;
	} cases[] = {
		{ "content-type", "application/json", 1 },
		{ "x-up-down", "Up=Down", 1 }, { "accept", "", 1 },
		{ "twice", "one", 2 }, { "X-Up-Down", NULL, 0 },
		{ "x_up_down", NULL, 0 }, { "content-length", NULL, 0 },
		{ "novalue", NULL, 0 }, { "s", NULL, 0 }, { "a", NULL, 0 },
		{ "twic", NULL, 0 }, { "", NULL, 0 }
	};
	size_t i, count;
	const char *value;

	(void)state;
	assert_int_equal(parse(env, LENGTH(env)), 0);
	assert_string_equal(req.method, "POST");
	assert_string_equal(req.remote, "::1");
	assert_int_equal(req.length, HTTP_LENGTH_NONE);
	assert_int_equal(req.n_headers, 5);
	for (i = 0; i < LENGTH(cases); i++) {
		value = http_header(&req, cases[i].name, &count);
		if ((value == NULL) != (cases[i].value == NULL) ||
		    count != cases[i].count || (value != NULL &&
		    strcmp(value, cases[i].value) != 0))
			fail_msg("cases[%zu] %s: %s, %zu times", i,
			    cases[i].name, value == NULL ? "-" : value, count);
	}
	assert_string_equal(http_header(&req, "accept", NULL), "");
}

static void
test_headers_max(void **state)
{
	const char *env[HTTP_HEADERS_MAX + 3] = { "REQUEST_METHOD=GET" };
	size_t i;

	(void)state;
	for (i = 1; i <= HTTP_HEADERS_MAX; i++)
		env[i] = arena_printf(&arena, "HTTP_H%zu=v", i);
	env[i] = "REQUEST_URI=/a?b";
	assert_int_equal(parse(env, LENGTH(env)), 0);
	assert_int_equal(req.n_headers, HTTP_HEADERS_MAX);
	/* One header too many is rejected; the variables after it are read. */
	env[i + 1] = env[i];
	env[i] = "HTTP_MORE=v";
	assert_int_equal(parse(env, LENGTH(env)), -1);
	assert_int_equal(err.code, ERR_BAD_REQUEST);
	assert_int_equal(req.n_headers, HTTP_HEADERS_MAX);
	assert_string_equal(req.path, "/a");
}

static void
test_decode(void **state)
{
	static const struct {
		const char *in;
		const char *out;	/* NULL: rejected */
	} cases[] = {
		{ "", "" }, { "abc", "abc" }, { "a+b", "a+b" },
		{ "%41%62", "Ab" }, { "a%2Fb%2fc", "a/b/c" },
		{ "%25", "%" }, { "%2541", "%41" }, { "%20 %7e", "  ~" },
		{ "%C3%a9", "\xc3\xa9" }, { "\xc3\xa9", "\xc3\xa9" },
		{ "%FF", "\xff" }, { "%80", "\x80" },
		{ "%", NULL }, { "a%", NULL }, { "%4", NULL }, { "a%4", NULL },
		{ "%g1", NULL }, { "%1g", NULL }, { "%%41", NULL },
		{ "% 1", NULL }, { "%+1", NULL }, { "%-1", NULL },
		{ "%0x", NULL }, { "%u0041", NULL }, { "a%00", NULL },
		{ "%00", NULL }, { "%0a", NULL }, { "%0D", NULL },
		{ "%1f", NULL }, { "%7F", NULL }, { "\x7f", NULL },
		{ "a\tb", NULL }, { "a\nb", NULL }, { "\x01", NULL }
	};
	size_t i, len;
	char *in, *out;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		/* Without a NUL at its end, so that a sanitizer reports reads
		 * beyond it. */
		len = strlen(cases[i].in);
		in = memcpy(mem_alloc(len), cases[i].in, len);
		out = http_decode(&arena, in, len);
		free(in);
		if ((out == NULL) != (cases[i].out == NULL) ||
		    (out != NULL && strcmp(out, cases[i].out) != 0))
			fail_msg("cases[%zu] \"%s\": %s", i, cases[i].in,
			    out == NULL ? "rejected" : out);
	}
	assert_null(http_decode(&arena, "a\0b", 3));
	/* An escape that the length cuts is malformed. */
	assert_null(http_decode(&arena, "a%412", 3));
	assert_string_equal(http_decode(&arena, "a%412", 4), "aA");
}

static void
test_head(void **state)
{
	static const struct {
		int status;
		const char *type;
		const char *body;
		const char *head;
	} cases[] = {
		{ 200, "application/json", "{}", "Status: 200 OK\r\n"
		    "Content-Type: application/json\r\n"
		    "Content-Length: 2\r\n\r\n" },
		{ 201, NULL, "", "Status: 201 Created\r\n"
		    "Content-Length: 0\r\n\r\n" },
		{ 204, NULL, "", "Status: 204 No Content\r\n\r\n" },
		{ 205, NULL, "", "Status: 205 Reset Content\r\n"
		    "Content-Length: 0\r\n\r\n" },
		{ 304, NULL, "", "Status: 304 Not Modified\r\n\r\n" },
		{ 413, "text/plain", "x", "Status: 413 Content Too Large\r\n"
		    "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n" },
		{ 299, NULL, "", "Status: 299 \r\nContent-Length: 0\r\n\r\n" }
	};
	struct resp resp;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out);
	for (i = 0; i < LENGTH(cases); i++) {
		memset(&resp, 0, sizeof(resp));
		resp.status = cases[i].status;
		http_body(&resp, cases[i].type, cases[i].body,
		    strlen(cases[i].body));
		out.len = 0;
		http_head(&resp, &out);
		if (strcmp(out.data, cases[i].head) != 0)
			fail_msg("cases[%zu]: %s", i, out.data);
	}
	/* Headers keep their order; HEAD has the length of the body. */
	memset(&resp, 0, sizeof(resp));
	resp.status = 405;
	resp.head = true;
	http_set(&resp, "Allow", "GET");
	http_set(&resp, "ETag", "\"a\"");
	http_body(&resp, NULL, "1234567", 7);
	out.len = 0;
	http_head(&resp, &out);
	assert_string_equal(out.data, "Status: 405 Method Not Allowed\r\n"
	    "Allow: GET\r\nETag: \"a\"\r\nContent-Length: 7\r\n\r\n");
	/* A response in pieces has no Content-Length. */
	memset(&resp, 0, sizeof(resp));
	resp.status = 200;
	resp.piece = piece_none;
	http_body(&resp, NULL, "1", 1);
	out.len = 0;
	http_head(&resp, &out);
	assert_string_equal(out.data, "Status: 200 OK\r\n\r\n");
	buf_release(&out);
}

/* A status without content loses body and type, but no other header. */
static void
test_finish(void **state)
{
	static const struct {
		int status;
		const char *method;
		bool content;
		bool head;
	} cases[] = {
		{ 200, "GET", true, false }, { 200, "HEAD", true, true },
		{ 100, "GET", false, true }, { 199, "GET", false, true },
		{ 201, "POST", true, false }, { 203, "POST", true, false },
		{ 204, "POST", false, true }, { 205, "POST", false, true },
		{ 206, "POST", true, false }, { 303, "POST", true, false },
		{ 304, "GET", false, true }, { 304, "HEAD", false, true },
		{ 305, "GET", true, false }, { 599, "GET", true, false }
	};
	struct resp resp;
	size_t i;

	(void)state;
	memset(&req, 0, sizeof(req));
	for (i = 0; i < LENGTH(cases); i++) {
		memset(&resp, 0, sizeof(resp));
		req.method = cases[i].method;
		resp.status = cases[i].status;
		http_set(&resp, "ETag", "\"a\"");
		http_body(&resp, "text/plain", "12", 2);
		http_set(&resp, "content-type", "text/csv");
		http_set(&resp, "X-Own", "1");
		http_finish(&req, &resp);
		if (http_has_content(cases[i].status) != cases[i].content ||
		    resp.head != cases[i].head || resp.body_len !=
		    (cases[i].content ? 2 : 0) || resp.n_headers !=
		    (cases[i].content ? 4 : 2) ||
		    strcmp(resp.headers[0].name, "ETag") != 0 ||
		    strcmp(resp.headers[resp.n_headers - 1].name,
		    "X-Own") != 0)
			fail_msg("cases[%zu]: %d %s", i, cases[i].status,
			    cases[i].method);
	}
}

/* Every status that an error can have has a reason phrase. */
static void
test_reasons(void **state)
{
	enum err_code code;

	(void)state;
	for (code = ERR_NONE; code < ERR__COUNT; code++)
		if (*http_reason(err_status(code)) == '\0')
			fail_msg("%d has no reason", err_status(code));
	assert_string_equal(http_reason(404), "Not Found");
	assert_string_equal(http_reason(0), "");
}

static void
test_etag(void **state)
{
	static const struct {
		const char *list;
		const char *etag;
		bool matches;
	} cases[] = {
		{ NULL, "\"a\"", false }, { "", "\"a\"", false },
		{ "*", "\"a\"", true }, { " * ", "\"a\"", true },
		{ "\"a\"", "\"a\"", true }, { "\"b\"", "\"a\"", false },
		{ "\"ab\"", "\"a\"", false }, { "\"a\"", "\"ab\"", false },
		{ "\"A\"", "\"a\"", false }, { "a", "\"a\"", false },
		{ "W/\"a\"", "\"a\"", true }, { "\"a\"", "W/\"a\"", true },
		{ "W/\"a\"", "W/\"a\"", true }, { "w/\"a\"", "\"a\"", false },
		{ "\"b\", \"a\"", "\"a\"", true },
		{ "\"b\",W/\"a\"", "\"a\"", true },
		{ "\"b\" ,\t\"a\" ", "\"a\"", true },
		{ ",, \"a\",", "\"a\"", true },
		{ "\"b\", \"c\"", "\"a\"", false },
		/* A comma, or a tag, inside another tag. */
		{ "\"b,\"a\"", "\"a\"", false },
		{ "\"x, *\"", "\"a\"", false },
		{ "\"b,c\", \"a\"", "\"a\"", true },
		{ "\"a,b\"", "\"a,b\"", true },
		/* Tags without an end. */
		{ "\"", "\"a\"", false }, { "\"a", "\"a\"", false },
		{ "W/", "\"a\"", false }, { "b, \"", "\"a\"", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (http_etag_matches(cases[i].list, cases[i].etag) !=
		    cases[i].matches)
			fail_msg("cases[%zu]: %s in %s", i, cases[i].etag,
			    cases[i].list);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_target),
		TEST(test_base),
		TEST(test_rejected),
		TEST(test_length),
		TEST(test_headers),
		TEST(test_headers_max),
		TEST(test_decode),
		TEST(test_head),
		TEST(test_finish),
		TEST(test_reasons),
		TEST(test_etag)
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
