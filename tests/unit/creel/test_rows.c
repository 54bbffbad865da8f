/* SPDX-License-Identifier: ISC */
/* Tests the facts about rows that the web servers' samples contain. */
#include <string.h>

#include "../unit.h"
#include "creel/routes.h"
#include "creel/rows.h"

static const struct dialect plain = { .name = "plain" };

#define ROW(path, how) \
	{ .method = "GET", .pattern = path, .dialect = &plain, .auth = how }

static const struct {
	struct route rows[3];
	const char *fault;	/* NULL: none */
} cases[] = {
	{ { ROW("/a", AUTH_NONE), ROW("/a.B-_9/:id", AUTH_API_KEY) }, NULL },
	{ { ROW("/in/:key", AUTH_PATH), ROW("/a/in/:id", AUTH_API_KEY) },
	    NULL },
	{ { ROW("/:name/x", AUTH_API_KEY) }, "GET /:name/x: the first " },
	{ { ROW("/*", AUTH_API_KEY) }, "GET /*: the first " },
	{ { ROW("/", AUTH_API_KEY) }, "GET /: the first " },
	{ { ROW("/a#b", AUTH_API_KEY) }, "GET /a#b: the first " },
	{ { ROW("/:key", AUTH_PATH) }, "GET /:key: the first " },
	{ { ROW("/a", AUTH_PATH) }, "GET /a: AUTH_PATH requires a :name" },
	/* The ID of one row is at the place of the other one's credential. */
	{ { ROW("/a/in/:key", AUTH_PATH), ROW("/a/a/in/:id", AUTH_API_KEY) },
	    "GET /a/in/:key: access logs " },
	{ { ROW("/in/:key", AUTH_PATH), ROW("/in/:id", AUTH_API_KEY) },
	    "GET /in/:key: access logs " },
	{ { ROW("/A/in/:key", AUTH_PATH), ROW("/a/A/in/:id", AUTH_API_KEY) },
	    "GET /A/in/:key: access logs " }
};

static void
test_faults(void **state)
{
	struct arena arena = ARENA_INIT;
	const char *fault;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const struct route *const tables[] = { cases[i].rows, NULL };

		fault = rows_fault(tables, &arena);
		if (cases[i].fault == NULL ? fault != NULL : fault == NULL ||
		    strncmp(fault, cases[i].fault, strlen(cases[i].fault)) != 0)
			fail_msg("cases[%zu]: %s", i,
			    fault == NULL ? "no fault" : fault);
	}
	arena_release(&arena);
}

/* The case that made a mask useless: a credential among the API's paths. */
static void
test_exposed(void **state)
{
	static const struct route door[] = {
		ROW("/applications/in/:key", AUTH_PATH), { 0 }
	};
	const struct route *tables[64] = { door };
	struct arena arena = ARENA_INIT;
	size_t n = 1;

	(void)state;
	assert_null(rows_fault(routes, &arena));
	while ((tables[n] = routes[n - 1]) != NULL)
		assert_true(++n < LENGTH(tables));
	assert_non_null(rows_fault(tables, &arena));
	arena_release(&arena);
}

/* A row's parameters for credentials are masked without the dialect's help. */
static void
test_secret_names(void **state)
{
	static const char *const secrets[] = { "code", NULL };
	static const struct dialect coded = { .name = "coded",
	    .secrets = secrets };
	static const struct route rows[] = {
		ROW("/a", AUTH_API_KEY), ROW("/b", AUTH_BEARER | AUTH_QUERY),
		{ .method = "GET", .pattern = "/c", .dialect = &coded }, { 0 }
	}, keys[] = { ROW("/a", AUTH_QUERY_KEY), { 0 } };
	const struct route *const tables[] = { rows, NULL };
	const struct route *const others[] = { keys, NULL };
	struct arena arena = ARENA_INIT;
	struct words words;

	(void)state;
	rows_walk(tables, row_secret_name, &arena, &words);
	assert_int_equal(words.n, 2);
	assert_string_equal(words.at[0], "api_key");
	assert_string_equal(words.at[1], "code");
	rows_walk(others, row_secret_name, &arena, &words);
	assert_int_equal(words.n, 2);
	assert_string_equal(words.at[0], "apiKey");
	assert_string_equal(words.at[1], "api_key");
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_secret_names)
	};

	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
