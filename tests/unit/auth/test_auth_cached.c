/* SPDX-License-Identifier: ISC */
/* Tests the keys and tokens that the cache keeps. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit.h"
#include "auth/scope.h"
#include "auth_stage.h"
#include "http/route.h"

static int64_t clock_ms = 1000;

static int64_t
clock_get(void)
{
	return clock_ms;
}

static void
cache_begin(void)
{
	const struct cache_options options = { .entries = 100, .ttl = 1000,
	    .rate = 1000, .clock = clock_get };

	cache_free(&cache);
	cache = cache_new(&options);
}

/* A cached row is equal to a new one, but only the use of a new one is stored;
 * it does not outlive the key. */
static void
test_cached_key(void **state)
{
	const struct principal *p;
	struct err err;
	int i;

	(void)state;
	cache_begin();
	db.key.columns[3] = "{" APP_B "}";
	db.key.columns[5] = "true";
	db.key.columns[6] = arena_printf(&tokens_arena, "%lld",
	    (long long)time(NULL) + 60);
	for (i = 0; i < 3; i++) {
		p = identify_one(AUTH_API_KEY, "apikey", KEY_A, &err);
		assert_non_null(p);
		assert_string_equal(p->name, "key:" APP_B);
		assert_int_equal(p->scopes, SCOPE_DATASOURCE_POST);
		assert_string_equal(p->applications, "{" APP_A "}");
		assert_string_equal(p->hooks, "{" APP_B "}");
		assert_int_equal(db.finds, 1);
		assert_int_equal(db.uses, 1);
	}
	for (i = 0; i < 3; i++)
		assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_B,
		    &err), &err);
	assert_int_equal(db.finds, 2);
	cache_begin();
	db.key.columns[6] = arena_printf(&tokens_arena, "%lld",
	    (long long)time(NULL));
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err),
	    &err);
	assert_int_equal(db.uses, 1);
}

static bool
is_cached(const char *text)
{
	char hash[KEY_HASH_SIZE];
	struct cache_row row;

	key_hash(text, hash);
	return cache_get(cache, "token", hash, &tokens_arena, &row);
}

/* Replaces a token's cached claims with others. */
static void
plant(const char *text, const char *name, int64_t expires)
{
	const struct cache_row row = { .n = 8, .columns = { name,
	    "datasource.post", "{" APP_B "}", NULL,
	    arena_printf(&tokens_arena, "%lld", (long long)expires) } };
	char hash[KEY_HASH_SIZE];

	key_hash(text, hash);
	cache_put(cache, "token", hash, &row, 1000);
}

static void
test_cached_token(void **state)
{
	const char *valid = token(",\"sub\":\"a\",\"organization\":\"" APP_C
	    "\",\"scope\":\"datasource.post\"");
	const struct principal *p;
	struct err err;
	int i;

	(void)state;
	cache_begin();
	for (i = 0; i < 3; i++) {
		p = identify_one(AUTH_BEARER, "authorization",
		    arena_printf(&tokens_arena, "Bearer %s", valid), &err);
		assert_non_null(p);
		assert_string_equal(p->name, "jwt:main:a");
		assert_int_equal(p->scopes, SCOPE_DATASOURCE_POST);
		assert_string_equal(p->applications, "{}");
		assert_string_equal(p->organization, APP_C);
		assert_null(p->hooks);
		assert_true(is_cached(valid));
	}
	/* The cached claims count until they expire. */
	plant(valid, "planted", time(NULL) + 60);
	p = identify_one(AUTH_AUTHENTICATION, "authentication", valid, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "planted");
	assert_string_equal(p->applications, "{" APP_B "}");
	plant(valid, "planted", time(NULL));
	p = identify_one(AUTH_AUTHENTICATION, "authentication", valid, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:a");
}

/* A token is not cached if it is invalid, or valid only by the leeway; and no
 * token is cached for longer than token_cache. */
static void
test_token_not_cached(void **state)
{
	char *valid = token(""), *invalid = arena_strdup(&tokens_arena, valid);
	char *late = token_make("EdDSA", key_get("Ed25519"),
	    "{\"alg\":\"EdDSA\"}", arena_printf(&tokens_arena,
	    "{\"iss\":\"https://a.test\",\"aud\":\"creel\",\"exp\":%lld}",
	    (long long)time(NULL) - 5));
	struct err err;

	(void)state;
	cache_begin();
	conf.issuers->leeway = 30;
	assert_non_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    late, &err));
	assert_false(is_cached(late));
	invalid[strlen(invalid) - 10] ^= 1;
	assert_unauthorized(identify_one(AUTH_AUTHENTICATION, "authentication",
	    invalid, &err), &err);
	assert_false(is_cached(invalid));
	conf.token_cache = 10;
	assert_non_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    valid, &err));
	clock_ms += 9999;
	assert_true(is_cached(valid));
	clock_ms += 1;
	assert_false(is_cached(valid));
	conf.token_cache = 0;
	assert_non_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    valid, &err));
	assert_false(is_cached(valid));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cached_key),
		TEST(test_cached_token),
		TEST(test_token_not_cached)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
