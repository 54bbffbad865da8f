/* SPDX-License-Identifier: ISC */
/* Tests idempotency keys: which header counts, and what a fingerprint covers. */
#include <string.h>

#include "../unit.h"
#include "base/arena.h"
#include "event/idempotency.h"

static struct arena arena = ARENA_INIT;
static struct services services;

static struct call_key *
key_of(struct req *req, const char *path, const char *query, const char *body)
{
	struct call_key *key;
	struct err err;

	req->services = &services;
	req->arena = &arena;
	req->method = req->method == NULL ? "POST" : req->method;
	req->raw = body;
	req->raw_len = strlen(body);
	assert_int_equal(idempotency_key(req, path, query, &key, &err), 0);
	return key;
}

/* Returns whether the text of the key begins so. */
static bool
begins(const struct call_key *key, const char *prefix)
{
	return key != NULL && strncmp(key->text, prefix, strlen(prefix)) == 0;
}

/* One request with all headers of the known ones that matter here. */
static const struct req everything = {
	.headers = {
		{ "ce-id", "c" },
		{ "idempotency-key", "i" },
		{ "webhook-id", "w" },
		{ "x-my-delivery", "m" },
		{ "x-github-delivery", "g" }
	},
	.n_headers = 5
};

static void
test_precedence(void **state)
{
	static const struct {
		const char *option;
		const char *key;	/* NULL: none */
	} cases[] = {
		{ "known", "idempotency-key:i" },
		{ " known ", "idempotency-key:i" },
		{ "KNOWN", "idempotency-key:i" },
		{ "X-My-Delivery known", "x-my-delivery:m:" },
		{ "known X-My-Delivery", "idempotency-key:i" },
		{ "x-github-delivery  Webhook-Id", "x-github-delivery:g:" },
		{ "Webhook-ID", "webhook-id:w:" },
		{ "X-None ce-id", "ce-id:c:" },
		{ "X-None", NULL },
		{ "", NULL }
	};
	struct call_key *key;
	struct req req;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		req = everything;
		services.idempotency = idempotency_new(cases[i].option);
		key = key_of(&req, "/", "", "{}");
		if (cases[i].key == NULL)
			assert_null(key);
		else
			assert_true(begins(key, cases[i].key));
		idempotency_free(&services.idempotency);
		assert_null(services.idempotency);
	}
	/* Plain requests and those of programs without the service. */
	req = everything;
	assert_null(key_of(&req, "/", "", "{}"));
	arena_release(&arena);
}

static void
test_empty_and_long(void **state)
{
	char value[KEY_VALUE_MAX + 2];
	struct req req = { .services = &services, .arena = &arena,
	    .method = "POST", .raw = "", .n_headers = 2,
	    .headers = { { "idempotency-key", "" },
	    { "svix-id", "s" } } };
	struct call_key *key;
	struct err err;

	(void)state;
	services.idempotency = idempotency_new("known");
	assert_true(begins(key_of(&req, "/", "", ""), "svix-id:s:"));
	memset(value, 'k', sizeof(value));
	value[KEY_VALUE_MAX + 1] = '\0';
	req.headers[0].value = value;
	assert_int_equal(idempotency_key(&req, "/", "", &key, &err), -1);
	assert_int_equal(err.code, ERR_BAD_REQUEST);
	assert_string_equal(err.text,
	    "idempotency-key: must be at most 255 bytes");
	value[KEY_VALUE_MAX] = '\0';
	assert_int_equal(idempotency_key(&req, "/", "", &key, &err), 0);
	assert_int_equal(strlen(key->text), 16 + KEY_VALUE_MAX);
	idempotency_free(&services.idempotency);
	arena_release(&arena);
}

/* No two of these calls are the same, whatever is moved between their parts. */
static void
test_fingerprint(void **state)
{
	static const struct {
		const char *method, *path, *query, *value, *body;
	} calls[] = {
		{ "POST", "/a", "", "k", "{}" },
		{ "PUT", "/a", "", "k", "{}" },
		{ "POST", "/a/", "", "k", "{}" },
		{ "POST", "/a", "x", "k", "{}" },
		{ "POST", "/ax", "", "k", "{}" },
		{ "POST", "/a", "", "xk", "{}" },
		{ "POST", "/a", "", "k", "{}x" },
		{ "POST", "/a", "", "k{}", "" },
		{ "POST", "", "/a", "k", "{}" },
		{ "POST/a", "", "", "k", "{}" },
		{ "POST", "/a", "k", "{}", "" },
		{ "POST", "/a", "", "\xe9", "{}" },
		{ "POST", "/a", "", "\xc3\xa9", "{}" }
	};
	struct call_key *keys[sizeof(calls) / sizeof(calls[0])];
	struct req req;
	size_t i, j;

	(void)state;
	services.idempotency = idempotency_new("known");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		memset(&req, 0, sizeof(req));
		req.method = calls[i].method;
		req.headers[0].name = "idempotency-key";
		req.headers[0].value = calls[i].value;
		req.n_headers = 1;
		keys[i] = key_of(&req, calls[i].path, calls[i].query,
		    calls[i].body);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(keys[j]->fingerprint,
			    keys[i]->fingerprint, DIGEST_SIZE);
	}
	/* The same bytes in the text: only the fingerprint differs. */
	assert_string_equal(keys[i - 1]->text, keys[i - 2]->text);
	idempotency_free(&services.idempotency);
	arena_release(&arena);
}

/* CloudEvents numbers events by source; Shopify sends one event by topic. */
static void
test_second_header(void **state)
{
	static const char *const pairs[][2] = {
		{ "ce-id", "ce-source" },
		{ "x-shopify-event-id", "x-shopify-topic" }
	};
	struct call_key *a, *b, *c;
	struct req req;
	size_t i;

	(void)state;
	services.idempotency = idempotency_new("known");
	for (i = 0; i < 2; i++) {
		memset(&req, 0, sizeof(req));
		req.headers[0].name = pairs[i][0];
		req.headers[0].value = "1";
		req.headers[1].name = pairs[i][1];
		req.headers[1].value = "/one";
		req.n_headers = 2;
		a = key_of(&req, "/", "", "{}");
		b = key_of(&req, "/", "", "{}");
		req.headers[1].value = "/two";
		c = key_of(&req, "/", "", "{}");
		assert_string_equal(a->text, b->text);
		assert_string_not_equal(a->text, c->text);
	}
	idempotency_free(&services.idempotency);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_empty_and_long),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_second_header)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
