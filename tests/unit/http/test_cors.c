/* SPDX-License-Identifier: ISC */
/* Tests lists of origins, and the headers for web pages of other origins. */
#include <string.h>

#include "../unit.h"
#include "http/cors.h"

#define PAGE "https://a.example"

/* Lists as JSON, and as they are read; NULL: rejected. */
static const struct {
	const char *json;
	const char *list;
} lists[] = {
	{ "\"*\"", "*" }, { "[]", "" }, { "[\"" PAGE "\"]", PAGE },
	{ "[\"a.example\",\"" PAGE ":8443\"]", "a.example " PAGE ":8443" },
	{ "[\"http://[::1]:80\"]", "http://[::1]:80" },
	{ "[\"chrome-extension://abc\"]", "chrome-extension://abc" },
	{ "\"\"", NULL }, { "\"" PAGE "\"", NULL }, { "[\"*\"]", NULL },
	{ "[\"\"]", NULL }, { "[1]", NULL }, { "[null]", NULL },
	{ "{}", NULL }, { "null", NULL }, { "true", NULL },
	{ "[\"" PAGE "/\"]", NULL }, { "[\"a b\"]", NULL },
	{ "[\"://a\"]", NULL }, { "[\"https://\"]", NULL },
	{ "[\"https://a://b\"]", NULL }, { "[\"h_s://a\"]", NULL },
	{ "[\"https://u@a\"]", NULL }, { "[\"a\\r\\nb\"]", NULL }
};

static void
test_lists(void **state)
{
	struct arena arena = ARENA_INIT;
	struct jsn *value = NULL;
	struct err err;
	bool valid;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(lists); i++) {
		assert_int_equal(jsn_parse(lists[i].json,
		    strlen(lists[i].json), &value, &err), 0);
		valid = cors_check(value, "name", &err) == 0;
		if (valid != (lists[i].list != NULL) ||
		    (valid && strcmp(cors_read(value, &arena),
		    lists[i].list) != 0) ||
		    (!valid && (err.code != ERR_BAD_REQUEST ||
		    strncmp(err.text, "name", 4) != 0)))
			fail_msg("lists[%zu]: %s", i, lists[i].json);
		jsn_free(&value);
	}
	arena_release(&arena);
}

static void
test_match(void **state)
{
	static const struct {
		const char *list;
		const char *origin;
		const char *match;
	} cases[] = {
		{ NULL, PAGE, NULL }, { "", PAGE, NULL }, { "", "", NULL },
		{ "*", PAGE, "*" }, { "*", "", "*" }, { PAGE, PAGE, PAGE },
		{ PAGE, "HTTPS://A.example", "HTTPS://A.example" },
		{ PAGE, "https://a.exampl", NULL }, { PAGE, "", NULL },
		{ PAGE, PAGE "x", NULL }, { PAGE, "*", NULL },
		{ "b " PAGE " c", PAGE, PAGE }, { "b c", "b c", NULL },
		{ "b  c", "", NULL }, { "b c ", "c", "c" }
	};
	const char *match;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		match = cors_match(cases[i].list, cases[i].origin);
		if (match == NULL || cases[i].match == NULL ?
		    match != cases[i].match :
		    strcmp(match, cases[i].match) != 0)
			fail_msg("cases[%zu]: %s in %s", i, cases[i].origin,
			    cases[i].list);
	}
}

/* Returns the headers as "name: value, name: value". */
static const char *
headers(const struct resp *resp, struct buf *out)
{
	size_t i;

	out->len = 0;
	buf_addstr(out, "");
	for (i = 0; i < resp->n_headers; i++)
		buf_printf(out, "%s%s: %s", i == 0 ? "" : "; ",
		    resp->headers[i].name, resp->headers[i].value);
	return out->data;
}

#define ALLOWED "Access-Control-Allow-Origin: "
#define EXPOSED "; Access-Control-Expose-Headers: " \
	"Creel-Event, Idempotency-Replayed"
#define METHODS "; Access-Control-Allow-Methods: GET"
#define AGE "; Access-Control-Max-Age: 600"

/* The responses to a request with these headers, and to a preflight. */
static const struct {
	const char *list;
	const char *origin;
	const char *method;
	const char *asked;
	const char *response;
	const char *preflight;
} responses[] = {
	{ "", PAGE, "GET", NULL, "", "" },
	{ "*", NULL, "GET", NULL, "", "" },
	{ PAGE, NULL, NULL, NULL, "Vary: Origin", "Vary: Origin" },
	{ PAGE, "b", "GET", "x", "Vary: Origin", "Vary: Origin" },
	{ "*", PAGE, NULL, "x", ALLOWED "*" EXPOSED, ALLOWED "*" EXPOSED },
	{ "*", PAGE, "PUT", NULL, ALLOWED "*" EXPOSED,
	    ALLOWED "*" EXPOSED METHODS AGE },
	{ PAGE, PAGE, "PUT", "x-a, y", "Vary: Origin; " ALLOWED PAGE EXPOSED,
	    "Vary: Origin; " ALLOWED PAGE EXPOSED METHODS
	    "; Access-Control-Allow-Headers: x-a, y" AGE },
	{ "*", PAGE, "PUT", "a: b", ALLOWED "*" EXPOSED,
	    ALLOWED "*" EXPOSED METHODS AGE },
	{ "*", PAGE, "PUT", "", ALLOWED "*" EXPOSED,
	    ALLOWED "*" EXPOSED METHODS AGE }
};

static void
add(struct req *req, const char *name, const char *value)
{
	if (value == NULL)
		return;
	req->headers[req->n_headers].name = name;
	req->headers[req->n_headers++].value = value;
}

static void
test_responses(void **state)
{
	struct req req;
	struct resp resp;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out);
	for (i = 0; i < LENGTH(responses); i++) {
		memset(&req, 0, sizeof(req));
		add(&req, "origin", responses[i].origin);
		add(&req, "access-control-request-method",
		    responses[i].method);
		add(&req, "access-control-request-headers",
		    responses[i].asked);
		memset(&resp, 0, sizeof(resp));
		cors_respond(&req, responses[i].list, &resp);
		if (strcmp(headers(&resp, &out), responses[i].response) != 0)
			fail_msg("responses[%zu]: %s", i, out.data);
		memset(&resp, 0, sizeof(resp));
		cors_preflight(&req, responses[i].list, "GET", &resp);
		if (strcmp(headers(&resp, &out), responses[i].preflight) != 0)
			fail_msg("preflight[%zu]: %s", i, out.data);
	}
	/* Headers that are there already stay alone. */
	memset(&resp, 0, sizeof(resp));
	http_set(&resp, "access-control-allow-origin", "x");
	cors_respond(&req, "*", &resp);
	assert_string_equal(headers(&resp, &out),
	    "access-control-allow-origin: x");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_responses)
	};

	return cmocka_run_group_tests_name("cors", tests, NULL, NULL);
}
