/* SPDX-License-Identifier: ISC */
/* Tests which key verifies a token, and with which algorithm. */
#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "../unit.h"
#include "auth/auth_jwt.h"
#include "auth/jwks.h"
#include "tokens.h"

/* The issuer and kid select the key, and nothing else does. */
static void
test_kid(void **state)
{
	static const struct {
		const char *key;	/* that signs */
		const char *header;
		const char *reason;	/* NULL: valid */
	} cases[] = {
		{ "Ed25519", "\"kid\":\"1\"", NULL },
		{ "Ed25519/2", "\"kid\":\"2\"", NULL },
		{ "Ed25519/2", "\"kid\":\"1\"", "the signature is wrong" },
		{ "Ed25519", "\"kid\":\"2\"", "the signature is wrong" },
		{ "Ed25519", "\"kid\":\"3\"", "no key" },
		{ "Ed25519", "\"kid\":\"\"", "no key" },
		{ "Ed25519", "\"kid\":\"1 \"", "no key" },
		{ "Ed25519", "\"kid\":\"../../../dev/null\"", "no key" },
		{ "Ed25519", "\"kid\":\"1' OR '1'='1\"", "no key" },
		{ "Ed25519", "\"kid\":1", "kid is not" },
		{ "Ed25519", "\"kid\":null", "kid is not" },
		{ "Ed25519", "\"kid\":[\"1\"]", "kid is not" },
		/* A token without kid selects the key without kid. */
		{ "Ed25519/3", "\"x\":1", NULL },
		{ "Ed25519", "\"x\":1", "the signature is wrong" },
		{ "Ed25519/3", "\"kid\":\"1\"", "the signature is wrong" }
	};
	struct conf_issuer issuer = issuer_make("");
	char *header;
	size_t i;

	(void)state;
	issuer.jwks = file_text(arena_printf(&tokens_arena,
	    "{\"keys\":[%s,%s,%s]}",
	    key_jwk(key_get("Ed25519"), "\"kid\":\"1\",\"alg\":\"EdDSA\","),
	    key_jwk(key_get("Ed25519/2"), "\"kid\":\"2\",\"alg\":\"EdDSA\","),
	    key_jwk(key_get("Ed25519/3"), "\"alg\":\"EdDSA\",")));
	issuers_set(&issuer, NULL);
	for (i = 0; i < LENGTH(cases); i++) {
		header = arena_printf(&tokens_arena, "{\"alg\":\"EdDSA\",%s}",
		    cases[i].header);
		if (is_valid(token_make("EdDSA", key_get(cases[i].key), header,
		    "{" CLAIMS "}"), cases[i].reason) !=
		    (cases[i].reason == NULL))
			fail_msg("case %zu: %s", i, header);
	}
}

static void
test_kid_alone(void **state)
{
	struct conf_issuer issuer = issuer_make("EdDSA");
	char *kid = text_repeat('k', 128);
	char *header;

	(void)state;
	issuer.key = file_text(key_pem(key_get("Ed25519"), 0));
	issuer.key_id = kid;
	issuers_set(&issuer, NULL);
	/* The only key verifies tokens without kid. */
	assert_true(is_valid_ed("{\"alg\":\"EdDSA\"}", "{" CLAIMS "}", NULL));
	header = arena_printf(&tokens_arena,
	    "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
	assert_true(is_valid_ed(header, "{" CLAIMS "}", NULL));
	header = arena_printf(&tokens_arena,
	    "{\"alg\":\"EdDSA\",\"kid\":\"%sk\"}", kid);
	assert_false(is_valid_ed(header, "{" CLAIMS "}", "too long"));
	/* A key without kid does not verify tokens with one. */
	issuer_set("EdDSA", "Ed25519");
	assert_false(is_valid_ed("{\"alg\":\"EdDSA\",\"kid\":\"1\"}",
	    "{" CLAIMS "}",
	    "no key"));
}

/* If two keys have a kid, a token without one selects neither. */
static void
test_kid_missing(void **state)
{
	struct conf_issuer issuer = issuer_make("");

	(void)state;
	issuer.jwks = file_text(arena_printf(&tokens_arena,
	    "{\"keys\":[%s,%s]}",
	    key_jwk(key_get("Ed25519"), "\"kid\":\"1\",\"alg\":\"EdDSA\","),
	    key_jwk(key_get("Ed25519/2"), "\"kid\":\"2\",\"alg\":\"EdDSA\",")));
	issuers_set(&issuer, NULL);
	assert_false(is_valid_ed("{\"alg\":\"EdDSA\"}", "{" CLAIMS "}",
	    "no key"));
}

static void
test_issuers(void **state)
{
	struct conf_issuer a = issuer_make("EdDSA"), b = issuer_make("EdDSA");
	static const char b_payload[] =
	    "{\"iss\":\"https://b.test\",\"aud\":\"creel\"," TIMES "}";
	EVP_PKEY *a_key = key_get("Ed25519"), *b_key = key_get("Ed25519/2");
	struct conf conf = { .issuers = &a };
	struct err err;

	(void)state;
	a.key = file_text(key_pem(a_key, 0));
	b.key = file_text(key_pem(b_key, 0));
	b.issuer = arena_strdup(&tokens_arena, "https://b.test");
	issuers_set(&a, &b);
	assert_true(is_valid(token_make("EdDSA", a_key, "{\"alg\":\"EdDSA\"}",
	    "{" CLAIMS "}"), NULL));
	assert_true(is_valid(token_make("EdDSA", b_key, "{\"alg\":\"EdDSA\"}",
	    b_payload), NULL));
	/* One issuer's key does not verify another issuer's tokens. */
	assert_false(is_valid(token_make("EdDSA", a_key, "{\"alg\":\"EdDSA\"}",
	    b_payload), "the signature is wrong"));
	assert_false(is_valid(token_make("EdDSA", b_key, "{\"alg\":\"EdDSA\"}",
	    "{" CLAIMS "}"), "the signature is wrong"));
	/* Two sections with the same iss are rejected, and so is an invalid
	 * key. */
	jwt_issuers_free(&issuers);
	conf.issuers = &a;
	a.next = &b;
	b.name = arena_strdup(&tokens_arena, "b");
	b.line = 7;
	conf.path = arena_strdup(&tokens_arena, "creel.conf");
	b.issuer = a.issuer;
	assert_int_equal(jwt_issuers_load(&conf, &issuers, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(err.text,
	    "creel.conf:7: [issuer b]: issuer: already used by [issuer a]");
	b.issuer = arena_strdup(&tokens_arena, "https://b.test");
	b.key = file_text("junk");
	assert_int_equal(jwt_issuers_load(&conf, &issuers, &err), -1);
	assert_non_null(strstr(err.text, "[issuer b]: "));
	assert_null(issuers);
	/* Without an issuer, no token is valid. */
	conf.issuers = NULL;
	assert_int_equal(jwt_issuers_load(&conf, &issuers, &err), 0);
	assert_false(is_valid(token_make("EdDSA", a_key,
	    "{\"alg\":\"EdDSA\"}", "{" CLAIMS "}"), "iss"));
}

/* header alg, the alg that signs, key that signs, pinned alg, pinned key */
static const struct {
	const char *header;
	const char *alg;
	const char *signer;
	const char *pinned;
	const char *key;
	const char *reason;
} swaps[] = {
	{ "RS256", "RS256", "RSA", "RS256", "RSA", NULL },
	{ "PS256", "PS256", "RSA", "PS256", "RSA", NULL },
	{ "ES256", "ES256", "P-256", "ES256", "P-256", NULL },
	{ "ES384", "ES384", "P-384", "ES384", "P-384", NULL },
	{ "ES512", "ES512", "P-521", "ES512", "P-521", NULL },
	{ "EdDSA", "EdDSA", "Ed448", "EdDSA", "Ed448", NULL },
	/* The same key, another algorithm. */
	{ "RS384", "RS384", "RSA", "RS256", "RSA", "no key" },
	{ "RS256", "RS384", "RSA", "RS256", "RSA", "signature" },
	{ "RS384", "RS256", "RSA", "RS256", "RSA", "no key" },
	{ "PS256", "PS256", "RSA", "RS256", "RSA", "no key" },
	{ "RS256", "PS256", "RSA", "RS256", "RSA", "signature" },
	{ "PS256", "RS256", "RSA", "PS256", "RSA", "signature" },
	{ "PS384", "PS384", "RSA", "PS256", "RSA", "no key" },
	{ "ES384", "ES384", "P-256", "ES256", "P-256", "no key" },
	{ "ES256", "ES384", "P-256", "ES256", "P-256", "signature" },
	/* Another curve. */
	{ "ES256", "ES256", "P-384", "ES256", "P-256", "signature" },
	{ "ES256", "ES256", "secp256k1", "ES256", "P-256", "signature" },
	{ "EdDSA", "EdDSA", "Ed448", "EdDSA", "Ed25519", "signature" },
	/* Another key. */
	{ "RS256", "RS256", "RSA/2", "RS256", "RSA", "signature" },
	{ "ES256", "ES256", "P-256/2", "ES256", "P-256", "signature" },
	{ "EdDSA", "EdDSA", "Ed25519/2", "EdDSA", "Ed25519", "signature" }
};

static void
test_algorithm_pinned(void **state)
{
	char *header;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(swaps); i++) {
		issuer_set(swaps[i].pinned, swaps[i].key);
		header = arena_printf(&tokens_arena, "{\"alg\":\"%s\"}",
		    swaps[i].header);
		if (is_valid(token_make(swaps[i].alg, key_get(swaps[i].signer),
		    header, "{" CLAIMS "}"), swaps[i].reason) !=
		    (swaps[i].reason == NULL))
			fail_msg("case %zu", i);
	}
}

/* A public key must not serve as a secret, in any form. */
static void
test_public_key_as_secret(void **state)
{
	static const char *const pins[][2] = {
		{ "RS256", "RSA" }, { "ES256", "P-256" }, { "EdDSA", "Ed25519" }
	};
	static const char *const macs[] = { "HS256", "HS384", "HS512" };
	const char *const *pin;
	EVP_PKEY *key;
	char *header, *pem;
	size_t i, j, cut;

	(void)state;
	for (i = 0; i < LENGTH(pins) * LENGTH(macs); i++) {
		j = i % LENGTH(macs);
		pin = pins[i / LENGTH(macs)];
		issuer_set(pin[0], pin[1]);
		pem = key_pem(key_get(pin[1]), 0);
		for (cut = 0; cut < 2; cut++) {
			key = key_secret(pem, strlen(pem) - cut);
			header = arena_printf(&tokens_arena,
			    "{\"alg\":\"%s\"}", macs[j]);
			assert_false(is_valid(token_make(macs[j], key, header,
			    "{" CLAIMS "}"), "no key"));
			header = arena_printf(&tokens_arena,
			    "{\"alg\":\"%s\"}", pins[i / LENGTH(macs)][0]);
			assert_false(is_valid(token_make(macs[j], key, header,
			    "{" CLAIMS "}"), "the signature is wrong"));
			EVP_PKEY_free(key);
		}
	}
}

/* A token's header may contain the key that signed it, which is ignored. */
static void
test_key_embedded(void **state)
{
	EVP_PKEY *evil = key_get("Ed25519/2");
	char *header;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	header = arena_printf(&tokens_arena, "{\"alg\":\"EdDSA\",\"jwk\":%s}",
	    key_jwk(evil, ""));
	assert_false(is_valid(token_make("EdDSA", evil, header, "{" CLAIMS "}"),
	    "the signature is wrong"));
	/* It is ignored, not rejected. */
	assert_true(is_valid(token_make("EdDSA", key_get("Ed25519"), header,
	    "{" CLAIMS "}"), NULL));
}

static void
test_signature_forms(void **state)
{
	unsigned char sig[256], zeros[256] = { 0 };
	EVP_PKEY *key = key_get("P-256");
	char *token, *text;
	size_t len;

	(void)state;
	issuer_set("ES256", "P-256");
	token = token_make("ES256", key, "{\"alg\":\"ES256\"}", "{" CLAIMS "}");
	text = arena_copy(&tokens_arena, token,
	    (size_t)(strrchr(token, '.') - token));
	len = signature_make("ES256", key, text, sig, sizeof(sig), 0);
	assert_true(is_valid(token_resign(token, sig, len), NULL));
	assert_false(is_valid(token_resign(token, sig, len - 1), "signature"));
	assert_false(is_valid(token_resign(token, sig, len + 1), "signature"));
	len = signature_make("ES256", key, text, sig, sizeof(sig), 1);
	assert_false(is_valid(token_resign(token, sig, len), "signature"));
	assert_false(is_valid(token_resign(token, zeros, 64), "signature"));
	/* r and s of the field's order and beyond. */
	memset(sig, 0xff, 64);
	assert_false(is_valid(token_resign(token, sig, 64), "signature"));
	/* r = 1, s = 1 */
	memset(sig, 0, 64);
	sig[31] = sig[63] = 1;
	assert_false(is_valid(token_resign(token, sig, 64), "signature"));
	issuer_set("RS256", "RSA");
	token = token_make("RS256", key_get("RSA"), "{\"alg\":\"RS256\"}",
	    "{" CLAIMS "}");
	assert_false(is_valid(token_resign(token, zeros, 256), "signature"));
	assert_false(is_valid(token_resign(token, zeros, 1), "signature"));
}

/* The payload of one token under another's signature. */
static void
test_parts_mixed(void **state)
{
	EVP_PKEY *key = key_get("Ed25519");
	char *a, *b;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	a = token_make("EdDSA", key, "{\"alg\":\"EdDSA\"}", "{" CLAIMS "}");
	b = token_make("EdDSA", key, "{\"alg\":\"EdDSA\"}",
	    "{" CLAIMS ",\"sub\":\"admin\"}");
	assert_true(is_valid(a, NULL));
	assert_true(is_valid(b, NULL));
	*strrchr(b, '.') = '\0';
	assert_false(is_valid(arena_printf(&tokens_arena, "%s%s", b,
	    strrchr(a, '.')), "the signature is wrong"));
}

/* libjwt must agree on valid tokens and on broken ones. */
static void
check_second_opinion(const char *token, const unsigned char *key, int len,
    const char *alg, bool valid)
{
	jwt_t *jwt = NULL;
	bool theirs;

	theirs = jwt_decode(&jwt, token, key, len) == 0 &&
	    strcmp(jwt_alg_str(jwt_get_alg(jwt)), alg) == 0;
	jwt_free(jwt);
	if (is_valid(token, NULL) != valid || theirs != valid)
		fail_msg("%s: should be %d, libjwt says %d", alg, valid,
		    theirs);
}

static const char *const both_know[][2] = {
	{ "HS256", NULL }, { "HS384", NULL }, { "HS512", NULL },
	{ "RS256", "RSA" }, { "RS384", "RSA" }, { "RS512", "RSA" },
	{ "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" }
};

static void
test_second_opinion(void **state)
{
	unsigned char sig[1024];
	struct conf_issuer issuer;
	const char *alg, *kind;
	char *token, *key_text;
	EVP_PKEY *key;
	ssize_t len;
	size_t i, byte;

	(void)state;
	for (i = 0; i < LENGTH(both_know); i++) {
		alg = both_know[i][0];
		kind = both_know[i][1];
		issuer = issuer_make(alg);
		key = kind == NULL ? key_secret(SECRET_64, strlen(SECRET_64)) :
		    key_get(kind);
		key_text = kind != NULL ? key_pem(key, 0) :
		    arena_strdup(&tokens_arena, SECRET_64);
		*(kind == NULL ? &issuer.secret_file : &issuer.key) =
		    file_text(key_text);
		issuers_set(&issuer, NULL);
		token = token_make(alg, key, arena_printf(&tokens_arena,
		    "{\"alg\":\"%s\",\"typ\":\"JWT\"}", alg), "{" CLAIMS "}");
		check_second_opinion(token, (unsigned char *)key_text,
		    (int)strlen(key_text), alg, true);
		len = base64url_decode(strrchr(token, '.') + 1,
		    strlen(strrchr(token, '.') + 1), sig);
		assert_true(len > 0);
		for (byte = 0; byte < (size_t)len; byte += 7) {
			sig[byte] ^= 0x10;
			check_second_opinion(token_resign(token, sig,
			    (size_t)len), (unsigned char *)key_text,
			    (int)strlen(key_text), alg, false);
			sig[byte] ^= 0x10;
		}
		if (kind == NULL)
			EVP_PKEY_free(key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kid),
		cmocka_unit_test(test_kid_alone),
		cmocka_unit_test(test_kid_missing),
		cmocka_unit_test(test_issuers),
		cmocka_unit_test(test_algorithm_pinned),
		cmocka_unit_test(test_public_key_as_secret),
		cmocka_unit_test(test_key_embedded),
		cmocka_unit_test(test_signature_forms),
		cmocka_unit_test(test_parts_mixed),
		cmocka_unit_test(test_second_opinion)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
