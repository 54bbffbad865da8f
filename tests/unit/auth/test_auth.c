/* SPDX-License-Identifier: ISC */
/* Tests credentials as requests send them, against the database of
 * auth_stage.c. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit.h"
#include "auth/grant.h"
#include "auth/scope.h"
#include "auth_stage.h"
#include "http/route.h"

static void
test_keys(void **state)
{
	static const char *const wrong[] = {
		"", "ck_", "ck", KEY_A "A", " " KEY_A, KEY_A " ", KEY_A "\n",
		"CK_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"ck_AAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAA",
		"xx_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	};
	char hash[KEY_HASH_SIZE];
	struct key key, other;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++) {
		assert_int_equal(key_new(&grant_owner, "", &key, &err), 0);
		assert_int_equal(key_new(&grant_owner, "", &other, &err), 0);
		assert_true(key_is(key.text));
		assert_string_not_equal(key.text, other.text);
	}
	assert_int_equal(strlen(key.text), KEY_SIZE - 1);
	assert_int_equal(strlen(key.prefix), KEY_PREFIX_SIZE - 1);
	assert_memory_equal(key.prefix, key.text, KEY_PREFIX_SIZE - 1);
	key_hash(key.text, hash);
	assert_string_equal(key.hash, hash);
	assert_true(key_is(KEY_A));
	for (i = 0; i < LENGTH(wrong); i++)
		if (key_is(wrong[i]))
			fail_msg("\"%s\" is no key", wrong[i]);
	/* FIPS 180-4's example. */
	key_hash("abc", hash);
	assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

static void
test_lists(void **state)
{
	static const struct {
		const char *list;
		const char *id;
		bool expected;
	} cases[] = {
		{ "{a}", "a", true }, { "{a,b}", "a", true },
		{ "{a,b}", "b", true }, { "{a,b,c}", "b", true },
		{ "{}", "a", false }, { "{ab}", "a", false },
		{ "{ab}", "b", false }, { "{a,b}", "a,b", false },
		{ "{a,b}", ",", false }, { "{}", "", false },
		{ "{a,}", "", false }, { "{,a}", "a", true },
		{ "{a}", "A", false }, { NULL, "a", false }, { "", "a", false },
		{ "a", "a", false }, { "{", "", false }, { "{a", "a", true },
		{ "{a}b", "b", false }, { "{a},b", "b", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (auth_lists(cases[i].list, cases[i].id) !=
		    cases[i].expected)
			fail_msg("case %zu", i);
}

static void
test_application(void **state)
{
	static const char *const none[] = { NULL, "", "{}", "{a,b}", "{a,",
	    "{,a}", "{a", "a}", "{" };
	struct principal p = { .applications = "{a1}" };
	struct arena arena = ARENA_INIT;
	size_t i;

	(void)state;
	assert_string_equal(auth_application(&p, &arena), "a1");
	for (i = 0; i < LENGTH(none); i++) {
		p.applications = none[i];
		if (auth_application(&p, &arena) != NULL)
			fail_msg("case %zu", i);
	}
	arena_release(&arena);
}

static void
test_credential_headers(void **state)
{
	(void)state;
	assert_true(auth_is_credential("apikey"));
	assert_true(auth_is_credential("authentication"));
	assert_true(auth_is_credential("authorization"));
	assert_false(auth_is_credential("auth"));
	assert_false(auth_is_credential("accept"));
	assert_false(auth_is_credential(""));
}

static void
test_key_principal(void **state)
{
	static const struct {
		const char *column;
		const char *hooks;
	} cases[] = {
		{ NULL, NULL }, { "{}", "{}" },
		{ "{" APP_A "}", "{" APP_A "}" },
		{ "{" APP_A "," APP_B "}", "{" APP_A "," APP_B "}" }
	};
	const struct principal *p;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		db.key.columns[3] = cases[i].column;
		p = identify_one(AUTH_API_KEY, "apikey", KEY_A, &err);
		assert_non_null(p);
		assert_string_equal(p->name, "key:" APP_B);
		assert_int_equal(p->scopes, SCOPE_DATASOURCE_POST);
		assert_string_equal(p->applications, "{" APP_A "}");
		if (cases[i].hooks == NULL)
			assert_null(p->hooks);
		else
			assert_string_equal(p->hooks, cases[i].hooks);
	}
	/* The database sees the hash, never the key. */
	assert_string_equal(db.last_hash, hash_a);
	assert_int_equal(db.uses, 0);
}

static void
test_key_rejected(void **state)
{
	static const char *const hashes[] = {
		NULL, "",
		"00000000000000000000000000000000"
		    "00000000000000000000000000000000"
	};
	char longer[KEY_HASH_SIZE + 1];
	struct err err;
	size_t i;

	(void)state;
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_B, &err),
	    &err);
	/* The row of another key. */
	for (i = 0; i < LENGTH(hashes); i++) {
		db.key.columns[4] = hashes[i];
		assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A,
		    &err), &err);
	}
	strcat(strcpy(longer, hash_a), "0");
	db.key.columns[4] = longer;
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err),
	    &err);
	db.key.columns[4] = hash_a;
	db.key.rows = 0;
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err),
	    &err);
}

static void
test_key_use(void **state)
{
	struct err err;

	(void)state;
	db.key.columns[5] = "true";
	assert_non_null(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err));
	assert_int_equal(db.uses, 1);
	/* A use that cannot be stored does not fail the request. */
	db.use_failure = ERR_UNAVAILABLE;
	assert_non_null(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err));
	assert_int_equal(db.uses, 2);
	assert_int_equal(err.code, ERR_NONE);
	/* A rejected request is no use of the key. */
	db.key.columns[4] = NULL;
	assert_null(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err));
	assert_int_equal(db.uses, 2);
}

static void
test_token_principal(void **state)
{
	const struct principal *p;
	struct err err;

	(void)state;
	p = identify_one(AUTH_AUTHENTICATION, "authentication",
	    token(",\"sub\":\"alice\",\"scope\":\"event.get nonsense\","
	    "\"applications\":[\"" APP_A "\"]"), &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:alice");
	assert_int_equal(p->scopes, SCOPE_EVENT_GET);
	assert_string_equal(p->applications, "{" APP_A "}");
	assert_null(p->hooks);
	p = identify_one(AUTH_AUTHENTICATION, "authentication", token(""),
	    &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:");
	assert_int_equal(p->scopes, 0);
	assert_string_equal(p->applications, "{}");
	assert_int_equal(db.finds, 0);
}

/* A token's organization is not expanded to its applications, of which there
 * may be many: no look-up. */
static void
test_organization(void **state)
{
	static const struct {
		const char *claim;
		const char *list;
	} cases[] = {
		{ "[]", "{}" },
		{ "[\"" APP_A "\"]", "{" APP_A "}" },
		{ "[\"" APP_A "\",\"" APP_B "\"]", "{" APP_A "," APP_B "}" }
	};
	const struct principal *p;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		p = identify_one(AUTH_BEARER, "authorization",
		    arena_printf(&tokens_arena, "Bearer %s",
		    token(arena_printf(&tokens_arena, ",\"applications\":%s,"
		    "\"organization\":\"" APP_C "\"", cases[i].claim))), &err);
		assert_non_null(p);
		assert_string_equal(p->applications, cases[i].list);
		assert_string_equal(p->organization, APP_C);
	}
	assert_int_equal(db.finds, 0);
}

/* The prefixes of a credential, and the kinds that each header accepts. */
static void
test_carriers(void **state)
{
	static const struct {
		unsigned carrier;
		const char *header;
		const char *before;
		bool key, token;
	} cases[] = {
		{ AUTH_API_KEY, "apikey", "", true, false },
		{ AUTH_API_KEY, "apikey", "Bearer ", false, false },
		{ AUTH_API_KEY, "authentication", "", false, false },
		{ AUTH_API_KEY, "authorization", "Bearer ", false, false },
		{ AUTH_AUTHENTICATION, "authentication", "", true, true },
		{ AUTH_AUTHENTICATION, "authentication", "Bearer ", true,
		    true },
		{ AUTH_AUTHENTICATION, "authentication", "bEARER ", true,
		    true },
		{ AUTH_AUTHENTICATION, "authentication", "Basic ", false,
		    false },
		{ AUTH_AUTHENTICATION, "authentication", "Bearer", false,
		    false },
		{ AUTH_AUTHENTICATION, "authentication", "Bearer Bearer ",
		    false, false },
		{ AUTH_AUTHENTICATION, "apikey", "", false, false },
		{ AUTH_AUTHENTICATION, "authorization", "Bearer ", false,
		    false },
		{ AUTH_BEARER, "authorization", "Bearer ", true, true },
		{ AUTH_BEARER, "authorization", "BEARER ", true, true },
		{ AUTH_BEARER, "authorization", "bearer   ", true, true },
		{ AUTH_BEARER, "authorization", "", false, false },
		{ AUTH_BEARER, "authorization", "Bearer", false, false },
		{ AUTH_BEARER, "authorization", "Bearer\t", false, false },
		{ AUTH_BEARER, "authorization", " Bearer ", false, false },
		{ AUTH_BEARER, "authorization", "Basic ", false, false },
		{ AUTH_BEARER, "authorization", "Bearer , ", false, false },
		{ AUTH_BEARER, "authentication", "", false, false },
		{ AUTH_NONE, "apikey", "", false, false },
		{ AUTH_API_KEY | AUTH_BEARER, "authentication", "", false,
		    false }
	};
	char *jwt = token("");
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		if ((identify_one(cases[i].carrier, cases[i].header,
		    arena_printf(&tokens_arena, "%s%s", cases[i].before,
		    KEY_A), &err) != NULL) != cases[i].key)
			fail_msg("case %zu, key", i);
		if ((identify_one(cases[i].carrier, cases[i].header,
		    arena_printf(&tokens_arena, "%s%s", cases[i].before,
		    jwt), &err) != NULL) != cases[i].token)
			fail_msg("case %zu, token", i);
		if (!cases[i].token)
			assert_unauthorized(NULL, &err);
	}
	assert_unauthorized(identify_one(AUTH_BEARER, "authorization", "",
	    &err), &err);
	assert_unauthorized(identify_one(AUTH_BEARER, "authorization",
	    "Bearer ", &err), &err);
	assert_unauthorized(identify_one(AUTH_BEARER, "host", "a", &err),
	    &err);
}

#define ALL (AUTH_API_KEY | AUTH_AUTHENTICATION | AUTH_BEARER)

/* The first valid credential wins, in the order of the carriers. */
static void
test_order(void **state)
{
	char *jwt = token(",\"sub\":\"alice\"");
	const char *both[] = { "authentication", jwt, "apikey", KEY_A, NULL };
	const char *first_bad[] = { "authentication", jwt, "apikey", KEY_B,
	    NULL };
	const char *second_bad[] = { "authentication", "junk", "apikey",
	    KEY_A, NULL };
	const char *none_good[] = { "authentication", "junk", "apikey",
	    KEY_B, "authorization", "Basic eDp5", NULL };
	const struct principal *p;
	struct err err;

	(void)state;
	p = identify(ALL, both, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "key:" APP_B);
	p = identify(ALL, first_bad, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:alice");
	p = identify(ALL, second_bad, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "key:" APP_B);
	assert_unauthorized(identify(ALL, none_good, &err), &err);
}

static void
test_sent_twice(void **state)
{
	char *jwt = token("");
	const char *keys[] = { "apikey", KEY_A, "apikey", KEY_A, NULL };
	const char *mixed[] = { "apikey", KEY_A, "authorization", "Bearer a",
	    "authorization", "Bearer b", NULL };
	const char *other[] = { "apikey", KEY_A, "x-other", "1", "x-other",
	    "2", NULL };
	const char *joined[] = { "apikey", KEY_A ", " KEY_A, NULL };
	const char *tokens[] = { "authentication", jwt, "authentication", jwt,
	    NULL };
	struct err err;

	(void)state;
	assert_unauthorized(identify(ALL, keys, &err), &err);
	assert_unauthorized(identify(ALL, mixed, &err), &err);
	assert_unauthorized(identify(ALL, tokens, &err), &err);
	assert_unauthorized(identify(ALL, joined, &err), &err);
	assert_int_equal(db.finds, 0);
	/* Headers that do not carry a credential of the route may be
	 * repeated. */
	assert_non_null(identify(AUTH_API_KEY, mixed, &err));
	assert_non_null(identify(ALL, other, &err));
}

/* Without the database, a key is not reported as wrong. */
static void
test_unavailable(void **state)
{
	static const enum err_code failures[] = {
		ERR_UNAVAILABLE, ERR_UNCERTAIN, ERR_INTERNAL, ERR_BAD_REQUEST
	};
	const char *both[] = { "apikey", KEY_A, "authentication", token(""),
	    NULL };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(failures); i++) {
		db.failure = failures[i];
		assert_null(identify(ALL, both, &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_string_equal(err.text, "no connection");
	}
	/* Requests that need no database are served. */
	assert_non_null(identify(AUTH_AUTHENTICATION, both, &err));
}

static void
test_load(void **state)
{
	struct conf_issuer issuer = issuer_make("ES256");
	struct conf with = { .issuers = &issuer,
	    .alexa_certificates = conf.alexa_certificates };
	struct auth *other = NULL;
	struct err err;

	(void)state;
	issuer.key = file_text(key_pem(key_get("P-384"), 0));
	assert_int_equal(auth_load(&with, &other, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(other);
	with.issuers = NULL;
	assert_int_equal(auth_load(&with, &other, &err), 0);
	auth_free(&other);
	assert_null(other);
	auth_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys),
		TEST(test_lists),
		TEST(test_application),
		TEST(test_credential_headers),
		TEST(test_key_principal),
		TEST(test_key_rejected),
		TEST(test_key_use),
		TEST(test_token_principal),
		TEST(test_organization),
		TEST(test_carriers),
		TEST(test_order),
		TEST(test_sent_twice),
		TEST(test_unavailable),
		TEST(test_load)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
