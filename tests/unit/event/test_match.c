/* SPDX-License-Identifier: ISC */
/* Tests matches: the paths that are accepted, and what they find in events. */
#include <string.h>

#include "../unit.h"
#include "event/match.h"

/* Of 33 names. */
static const char too_deep[] =
    "/body/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2=x";

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *path;
		const char *value;
		size_t names;
		const char *last;
	} good[] = {
		{ "=x", "", "x", 0, NULL },
		{ "/body=", "/body", "", 1, "body" },
		{ "/body/=a=b", "/body/", "a=b", 2, "" },
		{ "/body/a~1b~0c/ =x", "/body/a~1b~0c/ ", "x", 3, " " },
		{ "/headers/~01~10=x", "/headers/~01~10", "x", 2, "~1/0" },
	};
	static const char *const bad[] = {
		"", "/body", "body=x", " /body=x", "/=x", "//body=x",
		"/bod=x", "/bodyx=x", "/Body=x", "/body/~=x", "/body/~2=x",
		"/body/a~=x", "/\xff=x", "/body=\xff",
		too_deep
	};
	struct arena arena = { 0 };
	struct match m;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(good); i++) {
		assert_int_equal(match_parse(&arena, "-m", good[i].text, false,
		    &m, &err), 0);
		assert_string_equal(m.path, good[i].path);
		assert_string_equal(m.value, good[i].value);
		assert_int_equal(m.n, good[i].names);
		if (good[i].names == 0)
			continue;
		assert_int_equal(m.names[m.n - 1].len, strlen(good[i].last));
		assert_memory_equal(m.names[m.n - 1].text, good[i].last,
		    strlen(good[i].last));
	}
	for (i = 0; i < LENGTH(bad); i++) {
		assert_int_equal(match_parse(&arena, "-m", bad[i], false, &m,
		    &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	assert_int_equal(match_parse(&arena, "-m", "/body=", true, &m, &err),
	    -1);
	arena_release(&arena);
}

#define BODY "{\"a\":[{\"b\":\"Anna\"},42.0,true],\"Anna\":null}"

/* The members of an event, and the two ways to read some of them. */
static void
test_event(void **state)
{
	static const struct {
		const char *match;
		bool equal;
		bool contained;
	} cases[] = {
		{ "/body/a/0/b=Anna", true, true },
		{ "/body/a/0/b=nn", false, true },
		{ "/body/a/0=Anna", true, true },
		{ "/body/a/1=42", true, false },
		{ "/body/a/1=4.20e1", true, false },
		{ "/body/a/1=4", false, false },
		{ "/body/a/2=true", true, false },
		{ "/body/a/3=true", false, false },
		{ "/body/a/=true", false, false },
		{ "/body/Anna=null", true, false },
		{ "/body/Anna=Anna", false, false },
		{ "/body/b=Anna", false, false },
		{ "/headers/x=Anna", true, true },
		{ "/headers/X=Anna", false, false },
		{ "/method=POST", true, true },
		{ "/method/0=POST", false, false },
		{ "/path=/w/t/a%40b", true, true },
		{ "/path=/w/t/a@b", true, true },
		{ "/path=@", false, true },
		{ "/query/q=1", true, true },
		{ "/query=q=1", false, false },
		{ "/principal=key:k", true, true },
		{ "/remoteAddress=192.0.2.1", true, true },
		{ "/record/r=5", true, false },
		{ "=Anna", true, true },
		{ "=192.0.2.1", true, true },
		{ "=bnna", false, false }
	};
	const struct match_event event = {
		.reading = "json", .body = BODY, .body_len = strlen(BODY),
		.headers = "{\"x\":\"Anna\"}", .method = "POST",
		.path = "/w/t/a%40b", .query = "q=1",
		.query_json = "{\"q\":\"1\"}", .principal = "key:k",
		.remote = "192.0.2.1", .record = "{\"r\":5}"
	};
	struct arena arena = { 0 };
	struct match m;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(match_parse(&arena, "-m", cases[i].match,
		    false, &m, &err), 0);
		if (match_is(&m, &event) != cases[i].equal)
			fail_msg("%s", cases[i].match);
		m.contains = true;
		if (match_is(&m, &event) != cases[i].contained)
			fail_msg("%s, a part", cases[i].match);
	}
	arena_release(&arena);
}

#define PARTS "--b\r\nContent-Disposition: form-data; name=\"f\"; " \
	"filename=\"n.txt\"\r\n\r\nAnna\r\n--b--\r\n"

/* Bodies that are not JSON. */
static void
test_bodies(void **state)
{
	static const struct {
		const char *reading;
		const char *value;
		const char *type;
		const char *body;
		const char *match;
		bool found;
	} cases[] = {
		{ "nothing", NULL, NULL, "", "/body=", false },
		{ "text", NULL, "text/plain", "Anna", "/body=Anna", true },
		{ "text", NULL, "text/plain", "Anna", "/body/0=Anna", false },
		{ "text", NULL, NULL, "[1]", "/body/0=1", false },
		{ "value", "\"\xc3\xa9\"", "text/plain; charset=latin1",
		    "\xe9", "/body=\xc3\xa9", true },
		{ "value", "[65,110]", "application/octet-stream", "An",
		    "/body=An", true },
		{ "value", "[65,110]", "application/octet-stream", "An",
		    "/body/0=65", true },
		{ "value", "{\"f\":[65]}", "multipart/form-data; boundary=b",
		    PARTS, "/body/f/data=Anna", true },
		{ "value", "{\"f\":[65]}", "multipart/form-data; boundary=b",
		    PARTS, "/body/f/filename=n.txt", true },
		{ "value", "{\"f\":[65]}", "multipart/form-data; boundary=b",
		    PARTS, "/body/f/0=65", true },
		{ "value", "{\"f\":[65]}", "multipart/form-data; boundary=c",
		    PARTS, "/body/f/data=Anna", false },
		{ "json", NULL, "application/json", " \"Anna\"\n",
		    "/body=Anna", true },
		{ "json", NULL, "application/json", "\n[\"Anna\"]",
		    "/body/0=Anna", true },
	};
	struct match_event event = {
		.headers = "{}", .method = "POST", .path = "/", .query = "",
		.principal = "key:k", .remote = "192.0.2.1"
	};
	struct arena arena = { 0 };
	struct match m;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		event.reading = cases[i].reading;
		event.value = cases[i].value;
		event.type = cases[i].type;
		event.body = cases[i].body;
		event.body_len = strlen(event.body);
		assert_int_equal(match_parse(&arena, "-m", cases[i].match,
		    false, &m, &err), 0);
		if (match_is(&m, &event) != cases[i].found)
			fail_msg("%zu: %s", i, cases[i].match);
	}
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
