/* SPDX-License-Identifier: ISC */
/* Tests tokens while OpenSSL runs out of memory: whichever of its allocations
 * fails, a forged token is rejected, and nothing crashes. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "auth/auth_jwt.h"
#include "auth/jwks.h"
#include "memory.h"
#include "tokens.h"

static const struct kind {
	const char *alg;
	const char *key;
} kinds[] = {
	{ "HS256", NULL }, { "RS256", "RSA" }, { "PS256", "RSA" },
	{ "ES256", "P-256" }, { "EdDSA", "Ed25519" }
};

/* Verifies valid and forged tokens while each allocation fails in turn, until
 * all succeed. */
static void
check_verify(const struct kind *k, const char *valid, const char *forged,
    bool lasting)
{
	bool failed = true, accepted = false;
	size_t at;

	for (at = 0; failed; at++) {
		memory_arm(at, lasting);
		if (is_valid(forged, NULL))
			fail_msg("%s: forged, accepted at %zu", k->alg, at);
		failed = memory_disarm();
		memory_arm(at, lasting);
		accepted = is_valid(valid, NULL);
		failed = memory_disarm() || failed;
	}
	assert_true(at > 1);
	assert_true(accepted);
}

static void
test_verify(void **state)
{
	struct conf_issuer issuer;
	const struct kind *k;
	char *header, *valid, *forged;
	EVP_PKEY *key, *other;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(kinds) * 2; i++) {
		k = &kinds[i / 2];
		issuer = issuer_make(k->alg);
		if (k->key == NULL) {
			key = key_secret(SECRET_32, strlen(SECRET_32));
			other = key_secret("another", 7);
			issuer.secret_file = file_text(SECRET_32);
		} else {
			key = key_get(k->key);
			other = key_get(arena_printf(&tokens_arena, "%s/2",
			    k->key));
			issuer.key = file_text(key_pem(key, 0));
		}
		issuers_set(&issuer, NULL);
		header = arena_printf(&tokens_arena, "{\"alg\":\"%s\"}",
		    k->alg);
		valid = token_make(k->alg, key, header, "{" CLAIMS "}");
		forged = token_make(k->alg, other, header, "{" CLAIMS "}");
		check_verify(k, valid, forged, i % 2 == 1);
		if (k->key == NULL) {
			EVP_PKEY_free(key);
			EVP_PKEY_free(other);
		}
	}
}

/* An invalid key is rejected, whichever allocation fails. There are thousands
 * of them: the first ones all fail in turn, then ever fewer. */
static void
check_load(const struct conf_issuer *issuer, bool valid)
{
	struct jwk_set keys;
	struct err err;
	bool failed = true, loaded = false;
	size_t at;

	for (at = 0; failed; at += 1 + at / 16) {
		memory_arm(at, false);
		loaded = jwks_load(issuer, &keys, &err) == 0;
		failed = memory_disarm();
		if (loaded && !valid)
			fail_msg("%s: accepted at %zu", issuer->algorithm, at);
		if (loaded)
			jwks_release(&keys);
	}
	assert_true(at > 1);
	assert_int_equal(loaded, valid);
}

static void
test_load(void **state)
{
	static const struct {
		const char *alg;
		const char *key;
		bool valid;
	} cases[] = {
		{ "RS256", "RSA", true }, { "RS256", "RSA-1024", false },
		{ "ES256", "P-256", true }, { "ES256", "P-384", false },
		{ "EdDSA", "Ed25519", true }, { "EdDSA", "P-256", false }
	};
	struct conf_issuer issuer;
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		key = key_get(cases[i].key);
		issuer = issuer_make(cases[i].alg);
		issuer.key = file_text(key_pem(key, 0));
		check_load(&issuer, cases[i].valid);
		issuer = issuer_make(cases[i].alg);
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[%s]}", key_jwk(key, "")));
		check_load(&issuer, cases[i].valid);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_load)
	};

	if (memory_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
