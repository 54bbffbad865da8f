/* SPDX-License-Identifier: ISC */
/* Tests responses of whole requests that need no database, and their log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "auth/auth.h"
#include "base/logger.h"
#include "creel/dispatch.h"
#include "db/pg.h"

#define HEADERS_MAX 3

#define GUID "0a1b2c3d-4e5f-6789-abcd-ef0123456789"
#define HOOK "/hooks/incoming/" GUID
#define EVENT "/events/" GUID
#define KEY "ck_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789hushABC"
#define TOKEN "eyJhbGciOiJub25lIn0.eyJzdWIiOiJodXNoIn0.aHVzaA"

/* Addresses that are similar to the tests' client, 192.0.2.1. */
static char allowed[] = "192.0.2.10 1192.0.2.1 192.0.2";
static char no_text[] = "";
static const struct conf conf = { .pixon_body_limit = 64,
    .metrics_allow = allowed, .alexa_certificates = no_text };
static char log_path[] = "/tmp/test_dispatch.XXXXXX";
static struct auth *auth;

/* A request without a web server. */
struct exchange {
	struct arena arena;
	struct req req;
	int done;
	const char *body;
};

static void
exchange_send(struct req *req)
{
	struct exchange *x = req->ctx;

	x->done++;
}

static struct services services;
static const struct services no_services;

static void
exchange_init(struct exchange *x, const char *body)
{
	/* A folder that does not exist, and so no socket and no database. */
	static const struct pg_options options = {
		.conninfo = "host=/nonexistent dbname=creel",
		.prepared = true, .timeout = 1000
	};

	memset(x, 0, sizeof(*x));
	x->body = body;
	x->req.arena = &x->arena;
	services = (struct services){ .conf = &conf, .auth = auth };
	x->req.services = &services;
	x->req.db = pg_open(&options);
	x->req.send = exchange_send;
	x->req.ctx = x;
}

static void
exchange_end(struct exchange *x)
{
	pg_close(&x->req.db);
	arena_release(&x->arena);
}

/* Returns the environment of a request. */
static char **
environment(struct exchange *x, const char *method, const char *uri,
    const char *const headers[HEADERS_MAX])
{
	char **env = arena_alloc(&x->arena, (HEADERS_MAX + 5) * sizeof(*env));
	size_t n = 0, i;

	env[n++] = arena_printf(&x->arena, "REQUEST_METHOD=%s", method);
	env[n++] = arena_printf(&x->arena, "REQUEST_URI=%s", uri);
	env[n++] = arena_printf(&x->arena, "CONTENT_LENGTH=%zu",
	    strlen(x->body));
	env[n++] = arena_strdup(&x->arena, "REMOTE_ADDR=192.0.2.1");
	for (i = 0; i < HEADERS_MAX && headers[i] != NULL; i++)
		env[n++] = arena_strdup(&x->arena, headers[i]);
	return env;
}

/* Returns a header of the response, which occurs at most once. */
static const char *
response_header(const struct resp *resp, const char *name)
{
	const char *value = NULL;
	size_t i;

	for (i = 0; i < resp->n_headers; i++)
		if (strcmp(resp->headers[i].name, name) == 0) {
			assert_null(value);
			value = resp->headers[i].value;
		}
	return value;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

#define CREEL(type, message) \
	"{\"type\":\"" type "\",\"message\":\"" message "\"}"
#define UNKNOWN CREEL("NotFound", "Route was not found")
#define UNAUTHORIZED \
	CREEL("Unauthorized", "credentials are missing or not valid")
#define UNAVAILABLE CREEL("Unavailable", "The service is not available now")
#define DETAIL(text) ",\"detail\":\"" text "\","
#define ALLOW_EVENT "GET, HEAD, OPTIONS"
#define ALLOW_HOOK "POST, GET, HEAD, OPTIONS"

static const struct {
	const char *method;
	const char *uri;
	const char *headers[HEADERS_MAX];
	int status;
	const char *says;	/* the body, or a part; "": empty */
	const char *allow;
} cases[] = {
	/* No such route, in each dialect. */
	{ "GET", "/none", { NULL }, 404, UNKNOWN, NULL },
	{ "POST", "/", { NULL }, 404, UNKNOWN, NULL },
	{ "GET", "/events", { "HTTP_APIKEY=" KEY }, 404, UNKNOWN, NULL },
	{ "HEAD", "/none", { NULL }, 404, UNKNOWN, NULL },
	{ "OPTIONS", "/none", { NULL }, 404, UNKNOWN, NULL },
	{ "OPTIONS", "*", { NULL }, 404, UNKNOWN, NULL },
	/* A client with another address gets 404. */
	{ "GET", "/metrics", { NULL }, 404, UNKNOWN, NULL },
	{ "POST", "/metrics", { NULL }, 404, UNKNOWN, NULL },
	{ "OPTIONS", "/metrics", { NULL }, 404, UNKNOWN, NULL },
	{ "GET", "/metrics", { "HTTP_APIKEY=" KEY,
	    "HTTP_X_FORWARDED_FOR=192.0.2.10" }, 404, UNKNOWN, NULL },
	{ "POST", "/hooks/none", { NULL }, 404, "", NULL },
	{ "POST", HOOK "//", { NULL }, 404, "", NULL },
	{ "POST", HOOK "/", { NULL }, 401, "", NULL },
	{ "HEAD", "/hooks", { NULL }, 404, "", NULL },
	/* The path is known, the method is not. */
	{ "DELETE", EVENT, { NULL }, 405,
	    CREEL("MethodNotAllowed", "DELETE is not allowed"), ALLOW_EVENT },
	{ "get", EVENT, { NULL }, 405,
	    CREEL("MethodNotAllowed", "get is not allowed"), ALLOW_EVENT },
	{ "PUT", HOOK, { NULL }, 405, "", ALLOW_HOOK },
	{ "PATCH", HOOK "?hush", { "HTTP_APIKEY=" KEY }, 405, "", ALLOW_HOOK },
	{ "OPTIONS", EVENT, { NULL }, 204, "", ALLOW_EVENT },
	{ "OPTIONS", HOOK, { NULL }, 204, "", ALLOW_HOOK },
	/* A malformed escape. */
	{ "GET", "/events/%zz", { NULL }, 400,
	    CREEL("Validation", "path: invalid percent-encoding"), NULL },
	{ "OPTIONS", "/events/%", { NULL }, 400, "percent-encoding", NULL },
	{ "POST", "/hooks/incoming/%00", { NULL }, 400,
	    DETAIL("path: invalid percent-encoding"), NULL },
	{ "GET", "", { NULL }, 400, CREEL("Validation", "path: required"), NULL },
	{ "", HOOK, { NULL }, 400, DETAIL("method: required"), NULL },
	/* No credential, or one that is invalid without a look-up. */
	{ "GET", EVENT, { NULL }, 401, UNAUTHORIZED, NULL },
	{ "HEAD", EVENT, { NULL }, 401, UNAUTHORIZED, NULL },
	{ "GET", EVENT, { "HTTP_APIKEY=" }, 401, UNAUTHORIZED, NULL },
	{ "GET", EVENT, { "HTTP_APIKEY=" KEY "x" }, 401, UNAUTHORIZED, NULL },
	{ "GET", EVENT, { "HTTP_APIKEY=Bearer " KEY }, 401, UNAUTHORIZED,
	    NULL },
	{ "GET", EVENT, { "HTTP_APIKEY=" KEY, "HTTP_APIKEY=" KEY }, 401,
	    UNAUTHORIZED, NULL },
	{ "GET", EVENT, { "HTTP_AUTHENTICATION=" KEY }, 401, UNAUTHORIZED,
	    NULL },
	{ "GET", EVENT, { "HTTP_AUTHORIZATION=" KEY }, 401, UNAUTHORIZED,
	    NULL },
	{ "GET", EVENT, { "HTTP_AUTHORIZATION=Basic aHVzaDpodXNo" }, 401,
	    UNAUTHORIZED, NULL },
	{ "GET", EVENT, { "HTTP_AUTHORIZATION=Bearer " TOKEN }, 401,
	    UNAUTHORIZED, NULL },
	{ "GET", EVENT "?apikey=" KEY, { NULL }, 401, UNAUTHORIZED, NULL },
	{ "POST", HOOK, { NULL }, 401, "", NULL },
	{ "POST", HOOK, { "CONTENT_TYPE=text/plain" }, 401, "", NULL },
	{ "POST", HOOK, { "HTTP_AUTHENTICATION=" TOKEN }, 401, "", NULL },
	{ "HEAD", HOOK, { NULL }, 401, "", NULL },
	{ "POST", "/hooks/incoming/none", { NULL }, 401, "", NULL },
	/* A key that requires a look-up, without a database. */
	{ "GET", EVENT, { "HTTP_APIKEY=" KEY }, 503, UNAVAILABLE, NULL },
	{ "HEAD", EVENT, { "HTTP_APIKEY=" KEY }, 503, UNAVAILABLE, NULL },
	{ "GET", EVENT, { "HTTP_AUTHORIZATION=Bearer " KEY }, 503,
	    UNAVAILABLE, NULL },
	{ "GET", EVENT, { "HTTP_AUTHORIZATION=Bearer " TOKEN,
	    "HTTP_APIKEY=" KEY }, 503, UNAVAILABLE, NULL },
	{ "POST", HOOK, { "HTTP_APIKEY=" KEY }, 503, "", NULL },
	{ "GET", HOOK, { "HTTP_AUTHENTICATION=" KEY }, 503, "", NULL },
	{ "POST", HOOK, { "HTTP_AUTHENTICATION=Bearer " KEY }, 503, "", NULL },
	{ "POST", HOOK, { "HTTP_AUTHORIZATION=bearer " KEY }, 503, "", NULL }
};

/* Checks the properties of all responses without an event. */
static void
check_response(const char *table, size_t i, const struct exchange *x)
{
	const struct resp *resp = &x->req.resp;
	bool empty = resp->status == 204 || strcmp(x->req.method, "HEAD") == 0;

	if (x->done != 1)
		fail_msg("%s[%zu]: done %d times", table, i, x->done);
	if (!same_text(response_header(resp, "X-Content-Type-Options"),
	    "nosniff") || response_header(resp, "Creel-Event") != NULL ||
	    resp->event != NULL)
		fail_msg("%s[%zu]: headers", table, i);
	if (!same_text(response_header(resp, "WWW-Authenticate"),
	    resp->status == 401 ? "Bearer" : NULL))
		fail_msg("%s[%zu]: WWW-Authenticate", table, i);
	if ((response_header(resp, "Retry-After") != NULL) !=
	    (resp->status == 503 || resp->status == 429))
		fail_msg("%s[%zu]: Retry-After", table, i);
	if ((response_header(resp, "Content-Type") != NULL) !=
	    (resp->body_len > 0))
		fail_msg("%s[%zu]: Content-Type", table, i);
	if (resp->head != empty)
		fail_msg("%s[%zu]: head", table, i);
}

static void
check_body(const char *table, size_t i, const struct exchange *x,
    const char *says)
{
	const struct resp *resp = &x->req.resp;
	const char *type = response_header(resp, "Content-Type");

	if (resp->body_len == 0 ? *says != '\0' : *says == '\0' ||
	    strlen(resp->body) != resp->body_len ||
	    strstr(resp->body, says) == NULL)
		fail_msg("%s[%zu]: %s", table, i, resp->body_len == 0 ?
		    "no body" : resp->body);
	/* The client can quote the request's ID. */
	if (same_text(type, "application/problem+json") &&
	    strstr(resp->body, x->req.id) == NULL)
		fail_msg("%s[%zu]: no id in %s", table, i, resp->body);
}

static void
test_responses(void **state)
{
	static const char *const sent[] = { "", "{\"a\":\"hush\"}", "hush" };
	struct exchange x;
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		for (j = 0; j < LENGTH(sent); j++) {
			exchange_init(&x, sent[j]);
			/* None waits for its body. */
			assert_false(dispatch(&x.req, environment(&x,
			    cases[i].method, cases[i].uri, cases[i].headers)));
			if (x.req.resp.status != cases[i].status)
				fail_msg("cases[%zu] %s %s: %d", i,
				    cases[i].method, cases[i].uri,
				    x.req.resp.status);
			if (!same_text(response_header(&x.req.resp, "Allow"),
			    cases[i].allow))
				fail_msg("cases[%zu]: Allow", i);
			check_response("cases", i, &x);
			check_body("cases", i, &x, cases[i].says);
			exchange_end(&x);
		}
}

/* A malformed request gets a response in the dialect of its door. */
static void
test_headers_max(void **state)
{
	static const struct {
		const char *uri;
		const char *says;
	} doors[] = {
		{ EVENT, CREEL("Validation", "headers: must be at most 128") },
		{ HOOK, DETAIL("headers: must be at most 128") }
	};
	char *env[HTTP_HEADERS_MAX + 4] = { NULL };
	struct exchange x;
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(doors); i++) {
		exchange_init(&x, "");
		env[0] = arena_printf(&x.arena, "REQUEST_URI=%s", doors[i].uri);
		env[1] = arena_strdup(&x.arena, "REQUEST_METHOD=GET");
		for (j = 2; j < LENGTH(env) - 1; j++)
			env[j] = arena_printf(&x.arena, "HTTP_H%zu=hush", j);
		assert_false(dispatch(&x.req, env));
		assert_int_equal(x.req.resp.status, 400);
		check_response("doors", i, &x);
		check_body("doors", i, &x, doors[i].says);
		exchange_end(&x);
	}
}

/* A worker with an invalid configuration responds 503, without the reason. */
static void
test_unavailable(void **state)
{
	static const struct {
		const char *method;
		const char *uri;
		const char *says;
	} calls[] = {
		{ "GET", EVENT, UNAVAILABLE }, { "HEAD", EVENT, UNAVAILABLE },
		{ "PUT", "/none", UNAVAILABLE }, { "", "", UNAVAILABLE },
		{ "GET", "/events/%", UNAVAILABLE },
		{ "GET", "/metrics", UNAVAILABLE },
		{ "POST", HOOK, "" }, { "HEAD", HOOK, "" },
		{ "GET", "/public-api/integration/webhooks", "Error" }
	};
	static const char *const none[HEADERS_MAX] = { NULL };
	struct exchange x;
	struct err why;
	size_t i;

	(void)state;
	err_set(&why, ERR_CONFIG, "creel.conf:1: password");
	for (i = 0; i < LENGTH(calls); i++) {
		memset(&x, 0, sizeof(x));
		x.req.arena = &x.arena;
		x.body = "";
		x.req.send = exchange_send;
		x.req.services = &no_services;
		x.req.ctx = &x;
		dispatch_unavailable(&x.req, environment(&x, calls[i].method,
		    calls[i].uri, none), &why);
		if (x.req.resp.status != 503)
			fail_msg("calls[%zu]: %d", i, x.req.resp.status);
		check_response("calls", i, &x);
		check_body("calls", i, &x, calls[i].says);
		arena_release(&x.arena);
	}
}

/* Every request has a line in the log, without its secrets. */
static void
test_log(void **state)
{
	static const char *const secrets[] = {
		"hush", "eyJ", "aHVzaDpodXNo", "ck_", "apikey="
	};
	static char line[4096];
	FILE *log = fopen(log_path, "r");
	size_t i, requests = 0;

	(void)state;
	assert_non_null(log);
	while (fgets(line, sizeof(line), log) != NULL) {
		requests += strstr(line, " info request id=") != NULL;
		for (i = 0; i < LENGTH(secrets); i++)
			if (strstr(line, secrets[i]) != NULL)
				fail_msg("secrets[%zu]: %s", i, line);
	}
	fclose(log);
	assert_int_equal(requests, 3 * LENGTH(cases) + 2 + 9);
}

static int
setup(void **state)
{
	struct err err;
	int fd = mkstemp(log_path);

	(void)state;
	if (fd < 0 || close(fd) < 0 ||
	    logger_open(log_path, LOGGER_DEBUG, &err) < 0)
		return -1;
	return auth_load(&conf, &auth, &err);
}

static int
teardown(void **state)
{
	(void)state;
	auth_free(&auth);
	return unlink(log_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_headers_max),
		cmocka_unit_test(test_unavailable),
		cmocka_unit_test(test_log)
	};

	return cmocka_run_group_tests_name("dispatch", tests, setup, teardown);
}
