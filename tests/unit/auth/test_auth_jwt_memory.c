/* SPDX-License-Identifier: ISC */
/*
 * OpenSSL without memory: whichever of its allocations fails, a forged token
 * is refused, and nothing crashes.
 */
#include <openssl/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth_jwt.h"
#include "auth/jwks.h"
#include "tokens.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PAYLOAD "{\"iss\":\"https://a.test\",\"aud\":\"creel\"," \
	"\"exp\":2000000060}"

static const char secret[] = "0123456789abcdef0123456789abcdef";

/* The allocation that fails, counted from 0, and whether all after it do. */
static struct {
	bool armed;
	bool lasting;
	size_t at;
	size_t count;
} failure;

static bool
fails(void)
{
	size_t n = failure.count;

	if (!failure.armed)
		return false;
	failure.count++;
	return n == failure.at || (failure.lasting && n > failure.at);
}

static void *
memory_new(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(n);
}

static void *
memory_resize(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void
memory_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void
failure_arm(size_t at, bool lasting)
{
	failure.at = at;
	failure.lasting = lasting;
	failure.count = 0;
	failure.armed = true;
}

/* Whether an allocation failed since it was armed. */
static bool
failure_disarm(void)
{
	failure.armed = false;
	return failure.count > failure.at;
}

static const struct kind {
	const char *alg;
	const char *key;
} kinds[] = {
	{ "HS256", NULL }, { "RS256", "RSA" }, { "PS256", "RSA" },
	{ "ES256", "P-256" }, { "EdDSA", "Ed25519" }
};

/* Verifies good and forged tokens with each allocation failing in turn, until
 * none is left to fail. */
static void
check_verify(const struct kind *k, const char *good, const char *forged,
    bool lasting)
{
	bool failed = true, accepted = false;
	size_t at;

	for (at = 0; failed; at++) {
		failure_arm(at, lasting);
		if (is_good(forged, NULL))
			fail_msg("%s: forged, accepted at %zu", k->alg, at);
		failed = failure_disarm();
		failure_arm(at, lasting);
		accepted = is_good(good, NULL);
		failed = failure_disarm() || failed;
	}
	assert_true(at > 1);
	assert_true(accepted);
}

static void
test_verify(void **state)
{
	struct conf_issuer issuer;
	const struct kind *k;
	char *header, *good, *forged;
	EVP_PKEY *key, *other;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(kinds) * 2; i++) {
		k = &kinds[i / 2];
		issuer = issuer_make(k->alg);
		if (k->key == NULL) {
			key = key_secret(secret, strlen(secret));
			other = key_secret("another", 7);
			issuer.secret_file = file_text(secret);
		} else {
			key = key_get(k->key);
			other = key_get(arena_printf(&tokens_arena, "%s/2",
			    k->key));
			issuer.key = file_text(key_pem(key, 0));
		}
		issuers_set(&issuer, NULL);
		header = arena_printf(&tokens_arena, "{\"alg\":\"%s\"}",
		    k->alg);
		good = token_make(k->alg, key, header, PAYLOAD);
		forged = token_make(k->alg, other, header, PAYLOAD);
		check_verify(k, good, forged, i % 2 == 1);
		if (k->key == NULL) {
			EVP_PKEY_free(key);
			EVP_PKEY_free(other);
		}
	}
}

/* A key that is not good is refused, whatever fails while it is looked at.
 * There are thousands of allocations: every one at first, then ever fewer. */
static void
check_load(const struct conf_issuer *issuer, bool good)
{
	struct jwk *keys;
	struct err err;
	bool failed = true, loaded = false;
	size_t at, n;

	for (at = 0; failed; at += 1 + at / 16) {
		failure_arm(at, false);
		loaded = jwks_load(issuer, &keys, &n, &err) == 0;
		failed = failure_disarm();
		if (loaded && !good)
			fail_msg("%s: accepted at %zu", issuer->algorithm, at);
		if (loaded)
			jwks_free(&keys, n);
	}
	assert_true(at > 1);
	assert_int_equal(loaded, good);
}

static void
test_load(void **state)
{
	static const struct {
		const char *alg;
		const char *key;
		bool good;
	} cases[] = {
		{ "RS256", "RSA", true }, { "RS256", "RSA-1024", false },
		{ "ES256", "P-256", true }, { "ES256", "P-384", false },
		{ "EdDSA", "Ed25519", true }, { "EdDSA", "P-256", false }
	};
	struct conf_issuer issuer;
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		key = key_get(cases[i].key);
		issuer = issuer_make(cases[i].alg);
		issuer.key = file_text(key_pem(key, 0));
		check_load(&issuer, cases[i].good);
		issuer = issuer_make(cases[i].alg);
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[%s]}", key_jwk(key, "")));
		check_load(&issuer, cases[i].good);
	}
}

static int
release(void **state)
{
	(void)state;
	tokens_release();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_load)
	};

	/* OpenSSL takes them only before it has allocated anything. */
	if (CRYPTO_set_mem_functions(memory_new, memory_resize,
	    memory_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, release);
}
