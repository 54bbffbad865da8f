/* SPDX-License-Identifier: ISC */
/*
 * Tests the attacks on signatures and keys that Wycheproof's vectors for JOSE
 * try: padding, salt, special numbers, encodings, and weak or unsuitable keys;
 * and the valid vectors that Creel rejects by policy (creel-api(7), JWTs).
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "auth/jwks.h"
#include "tokens.h"

#define RSA_SIZE 256		/* bytes of the modulus */
#define INFO_SIZE 51		/* of a DigestInfo with SHA-256 */

static const unsigned char info_head[] = {
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
	0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20
};

/* Returns a token of an algorithm whose key of a kind is set as the issuer's. */
static char *
token_of(const char *alg, const char *kind)
{
	issuer_set(alg, kind);
	return token_make(alg, key_get(kind), arena_printf(&tokens_arena,
	    "{\"alg\":\"%s\"}", alg), "{" CLAIMS "}");
}

/* Signs an encoded message without any padding. */
static void
rsa_raw(const unsigned char em[RSA_SIZE], unsigned char sig[RSA_SIZE])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key_get("RSA"), NULL);
	size_t len = RSA_SIZE;
	int rc;

	rc = EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	    EVP_PKEY_sign(ctx, sig, &len, em, RSA_SIZE) == 1;
	assert_true(rc && len == RSA_SIZE);
	EVP_PKEY_CTX_free(ctx);
}

/* Signs 00 01 ff ... 00 and a DigestInfo of n bytes. */
static char *
token_padded(const char *token, const unsigned char *info, size_t n)
{
	unsigned char em[RSA_SIZE], sig[RSA_SIZE];

	memset(em, 0xff, sizeof(em));
	em[0] = 0;
	em[1] = 1;
	em[RSA_SIZE - n - 1] = 0;
	memcpy(em + RSA_SIZE - n, info, n);
	rsa_raw(em, sig);
	return token_resign(token, sig, sizeof(sig));
}

/* Every byte of the DigestInfo is changed, doubled and left out; the text of
 * a DER structure has no other form. */
static void
test_padding(void **state)
{
	unsigned char info[INFO_SIZE + 1], other[INFO_SIZE + 1];
	char *token = token_of("RS256", "RSA");
	size_t i;
	int rc;

	(void)state;
	memcpy(info, info_head, sizeof(info_head));
	rc = EVP_Digest(token, (size_t)(strrchr(token, '.') - token),
	    info + sizeof(info_head), NULL, EVP_sha256(), NULL);
	assert_int_equal(rc, 1);
	assert_true(is_valid(token_padded(token, info, INFO_SIZE), NULL));
	for (i = 0; i < INFO_SIZE; i++) {
		memcpy(other, info, INFO_SIZE);
		other[i] ^= 0x01;
		assert_false(is_valid(token_padded(token, other, INFO_SIZE),
		    "signature"));
		other[i] ^= 0x81;
		assert_false(is_valid(token_padded(token, other, INFO_SIZE),
		    "signature"));
		memmove(other + i, info + i + 1, INFO_SIZE - i - 1);
		assert_false(is_valid(token_padded(token, other,
		    INFO_SIZE - 1), "signature"));
		memcpy(other, info, i + 1);
		memcpy(other + i + 1, info + i, INFO_SIZE - i);
		if (memcmp(other, info, INFO_SIZE) != 0 || i + 1 == INFO_SIZE)
			assert_false(is_valid(token_padded(token, other,
			    INFO_SIZE + 1), "signature"));
	}
	/* The hash alone, and lengths in long form. */
	assert_false(is_valid(token_padded(token, info + sizeof(info_head), 32),
	    "signature"));
	memcpy(other, "\x30\x81\x31", 3);
	memcpy(other + 3, info + 2, INFO_SIZE - 2);
	assert_false(is_valid(token_padded(token, other, INFO_SIZE + 1),
	    "signature"));
}

/* Short padding with the rest after the hash, as in forgeries for e = 3. */
static void
test_padding_short(void **state)
{
	unsigned char em[RSA_SIZE], sig[RSA_SIZE];
	char *token = token_of("RS256", "RSA");
	size_t at;

	(void)state;
	for (at = 3; at < 200; at += 28) {
		memset(em, 0, sizeof(em));
		em[1] = 1;
		memset(em + 2, 0xff, at - 3);
		memcpy(em + at, info_head, sizeof(info_head));
		EVP_Digest(token, (size_t)(strrchr(token, '.') - token),
		    em + at + sizeof(info_head), NULL, EVP_sha256(), NULL);
		rsa_raw(em, sig);
		assert_false(is_valid(token_resign(token, sig, sizeof(sig)),
		    "signature"));
	}
}

static size_t
pss_sign(const char *token, const EVP_MD *md, const EVP_MD *mgf, int salt,
    unsigned char sig[RSA_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	size_t len = RSA_SIZE;
	int rc;

	rc = EVP_DigestSignInit(ctx, &pctx, md, NULL, key_get("RSA")) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, mgf) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, (const unsigned char *)token,
	    (size_t)(strrchr(token, '.') - token)) == 1;
	assert_true(rc);
	EVP_MD_CTX_free(ctx);
	return len;
}

/* The salt is as long as the hash, and all hashes are those of the algorithm
 * (RFC 7518 section 3.5). */
static void
test_salt(void **state)
{
	static const struct {
		int salt;
		const EVP_MD *(*md)(void);
		const EVP_MD *(*mgf)(void);
		bool valid;
	} cases[] = {
		{ 32, EVP_sha256, EVP_sha256, true },
		{ 0, EVP_sha256, EVP_sha256, false },
		{ 20, EVP_sha256, EVP_sha256, false },
		{ 31, EVP_sha256, EVP_sha256, false },
		{ 33, EVP_sha256, EVP_sha256, false },
		{ 48, EVP_sha256, EVP_sha256, false },
		{ 222, EVP_sha256, EVP_sha256, false },	/* the longest */
		{ 32, EVP_sha256, EVP_sha1, false },
		{ 32, EVP_sha384, EVP_sha384, false },
		{ 32, EVP_sha512, EVP_sha256, false }
	};
	unsigned char sig[RSA_SIZE];
	char *token = token_of("PS256", "RSA");
	size_t i, len;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		len = pss_sign(token, cases[i].md(), cases[i].mgf(),
		    cases[i].salt, sig);
		if (is_valid(token_resign(token, sig, len), "signature") !=
		    cases[i].valid)
			fail_msg("case %zu", i);
	}
}

/* 0, 1, n - 1, n and s + n in place of a signature s, and other lengths. */
static void
test_rsa_numbers(void **state)
{
	static const char *const algs[] = { "RS256", "PS256" };
	unsigned char sig[RSA_SIZE + 1] = { 0 };
	BIGNUM *n = NULL, *s = BN_new();
	char *token;
	size_t i, len;
	int rc;

	(void)state;
	rc = EVP_PKEY_get_bn_param(key_get("RSA"), OSSL_PKEY_PARAM_RSA_N, &n);
	assert_int_equal(rc, 1);
	for (i = 0; i < LENGTH(algs); i++) {
		token = token_of(algs[i], "RSA");
		memset(sig, 0, sizeof(sig));
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE),
		    "signature"));
		sig[RSA_SIZE - 1] = 1;
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE),
		    "signature"));
		BN_bn2binpad(n, sig, RSA_SIZE);
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE),
		    "signature"));
		sig[RSA_SIZE - 1] ^= 1;
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE),
		    "signature"));
		len = (size_t)base64url_decode(strrchr(token, '.') + 1,
		    strlen(strrchr(token, '.') + 1), sig);
		assert_int_equal(len, RSA_SIZE);
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE - 1),
		    "signature"));
		sig[RSA_SIZE] = 0;
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE + 1),
		    "signature"));
		BN_bin2bn(sig, RSA_SIZE, s);
		BN_bn2binpad(s, sig, RSA_SIZE + 1);
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE + 1),
		    "signature"));
		BN_add(s, s, n);
		BN_bn2binpad(s, sig, RSA_SIZE + 1);
		assert_false(is_valid(token_resign(token, sig, RSA_SIZE + 1),
		    "signature"));
	}
	BN_free(s);
	BN_free(n);
}

/* r and s of 0, 1, n - 1, n and 2^256 - 1, in all pairs (n: the order). */
static void
test_ecdsa_numbers(void **state)
{
	static const char *const numbers[] = {
		"00", "01",
		"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550",
		"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
	};
	unsigned char sig[64];
	char *token = token_of("ES256", "P-256");
	BIGNUM *n = NULL;
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(numbers); i++)
		for (j = 0; j < LENGTH(numbers); j++) {
			BN_hex2bn(&n, numbers[i]);
			BN_bn2binpad(n, sig, 32);
			BN_hex2bn(&n, numbers[j]);
			BN_bn2binpad(n, sig + 32, 32);
			if (is_valid(token_resign(token, sig, sizeof(sig)),
			    "signature"))
				fail_msg("r %s, s %s", numbers[i], numbers[j]);
		}
	BN_free(n);
}

/* s + n, one byte longer, with zeros around, and each of 65 bytes. */
static void
test_ecdsa_lengths(void **state)
{
	unsigned char sig[66], other[66] = { 0 };
	char *token = token_of("ES256", "P-256");

	(void)state;
	base64url_decode(strrchr(token, '.') + 1,
	    strlen(strrchr(token, '.') + 1), sig);
	memcpy(other, sig, 64);
	assert_true(is_valid(token_resign(token, other, 64), NULL));
	assert_false(is_valid(token_resign(token, other, 65), "signature"));
	assert_false(is_valid(token_resign(token, other, 66), "signature"));
	assert_false(is_valid(token_resign(token, other, 63), "signature"));
	/* 33 bytes each. */
	memset(other, 0, sizeof(other));
	memcpy(other + 1, sig, 32);
	memcpy(other + 34, sig + 32, 32);
	assert_false(is_valid(token_resign(token, other, 66), "signature"));
}

/* Keys that make every signature valid, or none hard to forge. */
static void
test_weak_keys(void **state)
{
	static const char *const exponents[] = { "AQ", "AA", "Ag", "AAA" };
	struct conf_issuer issuer = issuer_make("");
	unsigned char odd[RSA_SIZE];
	struct jwk_set set;
	struct err err;
	const char *n;
	size_t i;

	(void)state;
	memset(odd, 0xc5, sizeof(odd));
	n = base64url(odd, sizeof(odd));
	/* 1, 0, 2 and 0 */
	for (i = 0; i < LENGTH(exponents); i++) {
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\","
		    "\"n\":\"%s\",\"e\":\"%s\"}]}", n, exponents[i]));
		if (jwks_load(&issuer, &set, &err) == 0)
			fail_msg("e = %s is accepted", exponents[i]);
	}
	/* An even modulus. */
	odd[RSA_SIZE - 1] = 0xc4;
	issuer.jwks = file_text(arena_printf(&tokens_arena,
	    "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"%s\","
	    "\"e\":\"AQAB\"}]}", base64url(odd, sizeof(odd))));
	assert_int_equal(jwks_load(&issuer, &set, &err), -1);
}

/* Valid in Wycheproof, rejected by Creel. */
static void
test_policies(void **state)
{
	struct conf_issuer issuer = issuer_make("");
	EVP_PKEY *key = key_get("RSA");
	char *token, *cut;
	struct jwk_set set;
	struct err err;

	(void)state;
	/* No payload: a JWT has claims (RFC 7519 section 7.2). */
	token = token_of("RS256", "RSA");
	cut = arena_printf(&tokens_arena, "%.*s.",
	    (int)strcspn(token, "."), token);
	assert_false(is_valid(token_resign(arena_printf(&tokens_arena, "%s.",
	    cut), (const unsigned char *)"x", 1), "three parts"));
	assert_false(is_valid(token_make("RS256", key,
	    "{\"alg\":\"RS256\"}", ""), "three parts"));
	/* A key has one algorithm (RFC 8725 section 3.1), and PS384 is not
	 * PS256, although both suit the key. */
	issuer.jwks = file_text(arena_printf(&tokens_arena, "{\"keys\":[%s]}",
	    key_jwk(key, "\"alg\":\"PS256\",")));
	issuers_set(&issuer, NULL);
	assert_true(is_valid(token_make("PS256", key, "{\"alg\":\"PS256\"}",
	    "{" CLAIMS "}"), NULL));
	assert_false(is_valid(token_make("PS384", key, "{\"alg\":\"PS384\"}",
	    "{" CLAIMS "}"), "no key"));
	/* ES521 is no algorithm; the one of P-521 is ES512. */
	issuer.jwks = file_text(arena_printf(&tokens_arena, "{\"keys\":[%s]}",
	    key_jwk(key_get("P-521"), "\"alg\":\"ES521\",")));
	assert_int_equal(jwks_load(&issuer, &set, &err), -1);
	assert_non_null(strstr(err.text, "unknown alg"));
	/* A character that base64url does not have (RFC 7515 section 2). */
	token = token_of("RS256", "RSA");
	assert_false(is_valid(arena_printf(&tokens_arena, "%.*s?%s",
	    (int)strcspn(token, "."), token, strchr(token, '.')), "base64url"));
	assert_false(is_valid(arena_printf(&tokens_arena, "%.*s?%s",
	    (int)(strrchr(token, '.') - token), token, strrchr(token, '.')),
	    "base64url"));
}

/* Other forms of a JWS (RFC 7515 section 7.2), and parts left out. */
static void
test_serialization(void **state)
{
	char *token = token_of("RS256", "RSA");
	const char *payload = strchr(token, '.') + 1;
	const char *sig = strrchr(token, '.') + 1;
	int head = (int)(payload - token) - 1;
	int body = (int)(sig - payload) - 1;

	(void)state;
	assert_false(is_valid(arena_printf(&tokens_arena,
	    "{\"payload\":\"%.*s\",\"protected\":\"%.*s\","
	    "\"signature\":\"%s\"}", body, payload, head, token, sig), NULL));
	assert_false(is_valid(arena_printf(&tokens_arena,
	    "{\"payload\":\"%.*s\",\"signatures\":[{\"protected\":\"%.*s\","
	    "\"signature\":\"%s\"}]}", body, payload, head, token, sig),
	    NULL));
	assert_false(is_valid(arena_printf(&tokens_arena, "%.*s..%s", head,
	    token, sig), "three parts"));
	assert_false(is_valid(arena_printf(&tokens_arena, "%.*s.%.*s.", head,
	    token, body, payload), "three parts"));
	assert_false(is_valid(arena_printf(&tokens_arena, ".%.*s.%s", body,
	    payload, sig), "three parts"));
	assert_false(is_valid(arena_printf(&tokens_arena, "%s.foo", token),
	    "three parts"));
	/* White space in the JSON of the header changes nothing. */
	assert_true(is_valid(token_make("RS256", key_get("RSA"),
	    "{ \"typ\" : \"JWT\",\n\t\"alg\" :\r \"RS256\" }", "{" CLAIMS "}"),
	    NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_padding_short),
		cmocka_unit_test(test_salt),
		cmocka_unit_test(test_rsa_numbers),
		cmocka_unit_test(test_ecdsa_numbers),
		cmocka_unit_test(test_ecdsa_lengths),
		cmocka_unit_test(test_weak_keys),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_serialization)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
