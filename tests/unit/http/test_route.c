/* SPDX-License-Identifier: ISC */
/* Tests the search for routes, and the rows of the route tables. */
#include <string.h>

#include "../unit.h"
#include "creel/routes.h"
#include "http/route.h"

static const struct dialect first = { .name = "first" };
static const struct dialect second = { .name = "second" };
static const struct dialect third = { .name = "third" };

#define ROW(method, pattern, dialect) \
	{ method, pattern, &dialect, AUTH_NONE, 0, NULL, BODY_NONE, 0, NULL }

static const struct route first_rows[] = {
	ROW("GET", "/things/:id/parts/:part/list", first),
	ROW("GET", "/things/:id", first),
	ROW("DELETE", "/things/:id", first),
	ROW("POST", "/things", first),
	ROW("GET", "/long/:a/:b/end", first),
	{ 0 }
};
static const struct route second_rows[] = {
	ROW("POST", "/hooks/in/:guid", second),
	ROW("GET", "/hooks/in/:guid", second),
	ROW("PUT", "/things/:id/color", second),
	ROW("GET", "/a/:b/c/:d/e/:f/g/:h", second),
	{ 0 }
};
static const struct route no_rows[] = { { 0 } };
static const struct route third_rows[] = {
	ROW("POST", "/things/:any", third),
	ROW("GET", "/", third),
	ROW("GET", "/long/:a/b/other", third),
	ROW("ANY", "/in/:token/*", third),
	/* A GET with an effect, which has no HEAD, and an OPTIONS route. */
	{ "GET", "/call", &third, AUTH_NO_HEAD, 0, NULL, BODY_NONE, 0, NULL },
	ROW("OPTIONS", "/call", third),
	{ 0 }
};
static const struct route *const tables[] = {
	first_rows, no_rows, second_rows, third_rows, NULL
};

static void
req_init(struct req *req, struct arena *arena, const char *method,
    const char *path)
{
	memset(req, 0, sizeof(*req));
	req->arena = arena;
	req->method = method;
	req->path = path;
	req->remote = "";
}

/* F(): the row that is found; others: why none is. */
#define F(table, n, dialect) ROUTE_FOUND, &table##_rows[n], &dialect
#define M(dialect) ROUTE_OTHER_METHOD, NULL, &dialect
#define U(dialect) ROUTE_UNKNOWN, NULL, &dialect
#define X(dialect) ROUTE_MALFORMED, NULL, &dialect

static const struct {
	const char *method;
	const char *path;
	enum route_match match;
	const struct route *row;
	const struct dialect *dialect;
	const char *params[HTTP_PARAMS_MAX];
} cases[] = {
	{ "GET", "/things/1", F(first, 1, first), { "1" } },
	{ "HEAD", "/things/1", F(first, 1, first), { "1" } },
	{ "DELETE", "/things/1", F(first, 2, first), { "1" } },
	{ "POST", "/things", F(first, 3, first), { NULL } },
	{ "GET", "/things/1/parts/2/list", F(first, 0, first), { "1", "2" } },
	{ "GET", "/a/1/c/2/e/3/g/4", F(second, 3, second),
	    { "1", "2", "3", "4" } },
	{ "GET", "/", F(third, 1, third), { NULL } },
	/* A row of a later table, its method and its dialect. */
	{ "POST", "/things/1", F(third, 0, third), { "1" } },
	{ "PUT", "/things/1/color", F(second, 2, second), { "1" } },
	/* The parameters of a pattern that fails later are forgotten. */
	{ "GET", "/long/1/b/other", F(third, 2, third), { "1" } },
	/* Any method, and any rest of the path. */
	{ "GET", "/in/t", F(third, 3, third), { "t" } },
	{ "BREW", "/in/t/", F(third, 3, third), { "t" } },
	{ "PUT", "/in/t%24/a//b", F(third, 3, third), { "t$" } },
	/* OPTIONS needs a row of its own. */
	{ "OPTIONS", "/in/t", M(third), { NULL } },
	{ "GET", "/in/", U(third), { NULL } },
	{ "GET", "/in", U(third), { NULL } },
	{ "GET", "/in//t", U(third), { NULL } },
	{ "GET", "/call", F(third, 4, third), { NULL } },
	{ "HEAD", "/call", M(third), { NULL } },
	{ "OPTIONS", "/call", F(third, 5, third), { NULL } },
	/* Methods are case-sensitive. */
	{ "PATCH", "/things/1", M(third), { NULL } },
	{ "get", "/hooks/in/1", M(second), { NULL } },
	{ "HEAD", "/things", M(first), { NULL } },
	{ "HEAD", "/things/1/color", M(second), { NULL } },
	{ "GETS", "/hooks/in/1", M(second), { NULL } },
	{ "OPTIONS", "/", M(third), { NULL } },
	/* The dialect of the first segment, else that of the first row. */
	{ "GET", "/hooks/out/1", U(second), { NULL } },
	{ "GET", "/hooks", U(second), { NULL } },
	{ "GET", "/hooks/", U(second), { NULL } },
	{ "GET", "/things/1/2", U(first), { NULL } },
	{ "GET", "/hook", U(first), { NULL } },
	{ "GET", "/hooksy/in/1", U(first), { NULL } },
	{ "GET", "/Hooks/in/1", U(first), { NULL } },
	{ "GET", "/none", U(first), { NULL } },
	{ "GET", "", U(first), { NULL } },
	{ "OPTIONS", "*", U(first), { NULL } },
	{ "GET", "things/1", U(first), { NULL } },
	/* One slash at the end does not count, others do. */
	{ "GET", "/things/1/", F(first, 1, first), { "1" } },
	{ "POST", "/things/", F(first, 3, first), { NULL } },
	{ "GET", "/things/", M(first), { NULL } },
	{ "GET", "/things/1/parts/2/list/", F(first, 0, first), { "1", "2" } },
	{ "OPTIONS", "/call/", F(third, 5, third), { NULL } },
	{ "GET", "/things/1//", U(first), { NULL } },
	{ "POST", "/things//", U(first), { NULL } },
	{ "GET", "/things/1%2F", F(first, 1, first), { "1/" } },
	{ "GET", "/things//1", U(first), { NULL } },
	{ "GET", "//things/1", U(third), { NULL } },
	{ "POST", "/hooks/in/", U(second), { NULL } },
	{ "POST", "/hooks//in/1", U(second), { NULL } },
	{ "GET", "//", F(third, 1, third), { NULL } },
	{ "GET", "///", U(third), { NULL } },
	{ "GET", "/things/1/parts//list", U(first), { NULL } },
	/* Escapes: decoded in a parameter, where a slash is a character. */
	{ "GET", "/things/a%2Fb", F(first, 1, first), { "a/b" } },
	{ "GET", "/things/%2e%2e", F(first, 1, first), { ".." } },
	{ "GET", "/things/%C3%A9+%20", F(first, 1, first), { "\xc3\xa9+ " } },
	{ "GET", "/things/%2525", F(first, 1, first), { "%25" } },
	{ "GET", "/things/:id", F(first, 1, first), { ":id" } },
	{ "GET", "/things%2F1", U(first), { NULL } },
	{ "GET", "/hooks%2Fin/1", U(first), { NULL } },
	{ "POST", "/%74hings", U(first), { NULL } },
	{ "GET", "/things/%", X(first), { NULL } },
	{ "GET", "/things/%4", X(first), { NULL } },
	{ "GET", "/things/%zz", X(first), { NULL } },
	{ "GET", "/things/%00", X(first), { NULL } },
	{ "GET", "/things/a%0Ab", X(first), { NULL } },
	{ "GET", "/things/%2/1", X(first), { NULL } },
	{ "GET", "/things/a\tb", X(first), { NULL } },
	{ "POST", "/hooks/in/%", X(second), { NULL } },
	{ "PATCH", "/hooks/in/%", X(second), { NULL } },
	{ "GET", "/none/%", X(first), { NULL } }
};

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
test_find(void **state)
{
	struct arena arena = ARENA_INIT;
	const struct dialect *dialect;
	enum route_match match;
	struct req req;
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		req_init(&req, &arena, cases[i].method, cases[i].path);
		dialect = NULL;
		match = route_find(tables, &req, &dialect);
		if (match != cases[i].match || req.route != cases[i].row)
			fail_msg("cases[%zu] %s %s: %d, row %s", i, req.method,
			    req.path, match,
			    req.route == NULL ? "-" : req.route->pattern);
		if (dialect != cases[i].dialect)
			fail_msg("cases[%zu] %s %s: dialect %s", i, req.method,
			    req.path, dialect == NULL ? "-" : dialect->name);
		for (j = 0; j < HTTP_PARAMS_MAX; j++)
			if (!same_text(req.params[j], cases[i].params[j]))
				fail_msg("cases[%zu] %s: params[%zu] %s", i,
				    req.path, j, req.params[j] == NULL ? "-" :
				    req.params[j]);
	}
	arena_release(&arena);
}

static void
test_rest(void **state)
{
	static const struct {
		const char *path;
		const char *rest;
	} paths[] = {
		{ "/in/t", "" }, { "/in/t/", "/" }, { "/in/t/a", "/a" },
		{ "/in/t//a%2Fb/", "//a%2Fb/" }, { "/things/1", "" }
	};
	struct arena arena = ARENA_INIT;
	const struct dialect *dialect;
	struct req req;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(paths); i++) {
		req_init(&req, &arena, "GET", paths[i].path);
		assert_int_equal(route_find(tables, &req, &dialect),
		    ROUTE_FOUND);
		assert_string_equal(req.rest, paths[i].rest);
	}
	arena_release(&arena);
}

static void
test_allow(void **state)
{
	static const struct {
		const char *path;
		const char *allow;
	} paths[] = {
		{ "/things", "POST, OPTIONS" }, { "/things/", "POST, OPTIONS" },
		{ "/in/t/x", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
		{ "/things/1", "GET, HEAD, DELETE, POST, OPTIONS" },
		{ "/things/a%2Fb", "GET, HEAD, DELETE, POST, OPTIONS" },
		{ "/hooks/in/1", "POST, GET, HEAD, OPTIONS" },
		{ "/things/1/color", "PUT, OPTIONS" },
		{ "/", "GET, HEAD, OPTIONS" },
		{ "/call", "GET, OPTIONS" },
		{ "/a/1/c/2/e/3/g/4", "GET, HEAD, OPTIONS" },
		{ "/none", "OPTIONS" }, { "", "OPTIONS" }
	};
	struct arena arena = ARENA_INIT;
	struct req req;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(paths); i++) {
		req_init(&req, &arena, "OPTIONS", paths[i].path);
		if (!same_text(route_allow(tables, &req), paths[i].allow))
			fail_msg("paths[%zu]: %s", i,
			    route_allow(tables, &req));
	}
	arena_release(&arena);
}

/* Returns whether pattern a matches every path that b does. */
static bool
pattern_covers(const char *a, const char *b)
{
	size_t n, m;

	while (*a == '/' && *b == '/') {
		n = strcspn(++a, "/");
		m = strcspn(++b, "/");
		if (*a != ':' && (n != m || memcmp(a, b, n) != 0))
			return false;
		a += n;
		b += m;
	}
	return *a == *b;
}

static size_t
count_names(const char *pattern)
{
	size_t n = 0;

	while ((pattern = strchr(pattern, ':')) != NULL) {
		pattern++;
		n++;
	}
	return n;
}

static bool
is_method(const char *s)
{
	/* Every GET route serves HEAD. */
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH",
	    "DELETE", "OPTIONS", "ANY" };
	size_t i = 0;

	while (i < LENGTH(methods) && strcmp(methods[i], s) != 0)
		i++;
	return i < LENGTH(methods);
}

/* Returns a row's error, or NULL. */
static const char *
row_fault(const struct route *row)
{
	const char *p = row->pattern;

	if (!is_method(row->method))
		return "method";
	if (p == NULL || *p != '/' || strstr(p, "//") != NULL ||
	    (p[1] != '\0' && p[strlen(p) - 1] == '/'))
		return "pattern";
	if (count_names(p) > HTTP_PARAMS_MAX)
		return "more names than HTTP_PARAMS_MAX";
	if (row->dialect == NULL || row->dialect->name == NULL ||
	    row->dialect->error == NULL)
		return "dialect";
	if ((row->auth & AUTH_ADDRESS) && row->auth != AUTH_ADDRESS)
		return "an address and a credential";
	if ((row->auth & AUTH_PATH) && row->auth != AUTH_PATH)
		return "a credential in the path and another one";
	if ((row->auth == AUTH_NONE || row->auth == AUTH_ADDRESS ||
	    row->auth == AUTH_PATH) != (row->scopes == 0))
		return "scopes";
	if (row->auth == AUTH_ADDRESS && row->target != NULL)
		return "a hook for an address";
	if (row->auth == AUTH_PATH && (row->target == NULL ||
	    count_names(p) == 0))
		return "a credential in the path that nothing checks";
	if (row->body != BODY_NONE ? row->limit == 0 ||
	    row->limit > sizeof(struct conf) - sizeof(int64_t) ||
	    row->limit % sizeof(int64_t) != 0 : row->limit != 0)
		return "limit";
	return row->handler == NULL ? "handler" : NULL;
}

/* Returns the row before this one that serves the same requests. */
static const struct route *
row_twin(const struct route *row)
{
	const struct route *const *table, *r;

	for (table = routes; *table != NULL; table++)
		for (r = *table; r->method != NULL; r++) {
			if (r == row)
				return NULL;
			if (strcmp(r->method, row->method) == 0 &&
			    pattern_covers(r->pattern, row->pattern))
				return r;
		}
	return NULL;
}

static void
test_rows(void **state)
{
	const struct route *const *table, *row;
	const char *fault;
	size_t n = 0;

	(void)state;
	for (table = routes; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++, n++) {
			if ((fault = row_fault(row)) != NULL)
				fail_msg("%s %s: %s", row->method, row->pattern,
				    fault);
			if (row_twin(row) != NULL)
				fail_msg("%s %s: shadowed by %s", row->method,
				    row->pattern, row_twin(row)->pattern);
		}
	assert_true(n > 0);
	/* The dialect of requests that no table matches. */
	assert_non_null(routes[0][0].dialect);
}

/* The rows that require no credential; each one is meant to. */
static void
test_public_rows(void **state)
{
	static const char *const meant[] = { "/webhook/token", "/oauth/token",
	    NULL };
	const struct route *const *table, *row;
	const char *const *m;

	(void)state;
	for (table = routes; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++) {
			if (row->auth != AUTH_NONE ||
			    strcmp(row->method, "OPTIONS") == 0)
				continue;
			for (m = meant; *m != NULL; m++)
				if (strcmp(*m, row->pattern) == 0)
					break;
			if (*m == NULL)
				fail_msg("%s %s is public", row->method,
				    row->pattern);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_public_rows)
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
