/* SPDX-License-Identifier: ISC */
/* Tests that minted tokens are accepted, and have the claims they should. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "auth/auth_jwt.h"
#include "auth/jwks.h"
#include "auth/mint.h"
#include "tokens.h"

static const char *const kinds[][2] = {
	{ "HS256", NULL }, { "HS384", NULL }, { "HS512", NULL },
	{ "RS256", "RSA" }, { "RS384", "RSA" }, { "RS512", "RSA" },
	{ "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" }
};

/* Lets an issuer sign and verify with a key of a kind; NULL: with a secret, in
 * a file that ends with a newline. */
static void
keys_set(struct conf_issuer *issuer, const char *kind)
{
	EVP_PKEY *key;

	if (kind == NULL) {
		issuer->secret_file = issuer->signing_key =
		    file_text(SECRET_64 "\n");
		return;
	}
	key = key_get(kind);
	issuer->signing_key = file_text(key_pem(key, 1));
	issuer->key = file_text(key_pem(key, 0));
}

/* Returns the decoded text of a part of a token. */
static char *
token_part(const char *token, int part)
{
	unsigned char *out;
	size_t n;
	ssize_t len;

	for (; part > 0; part--)
		token = strchr(token, '.') + 1;
	n = strcspn(token, ".");
	out = arena_alloc(&tokens_arena, n + 1);
	len = base64url_decode(token, n, out);
	assert_true(len > 0);
	return (char *)out;
}

/* Returns a token that an issuer with a key of a kind mints, and its claims as
 * they are verified at a time. */
static char *
token_minted(const char *const *kind, const char *key_id, const struct mint *m,
    int64_t at, struct jwt_claims *claims)
{
	struct conf_issuer issuer = issuer_make(kind[0]);
	struct err err;
	char *token, *copy;

	issuer.key_id = arena_strdup(&tokens_arena, key_id);
	keys_set(&issuer, kind[1]);
	if (mint_token(&issuer, m, &token, &err) < 0)
		fail_msg("%s: %s", kind[0], err.text);
	issuers_set(&issuer, NULL);
	if (jwt_verify(issuers, token, at, &tokens_arena, claims, &err) < 0)
		fail_msg("%s: %s", kind[0], err.text);
	copy = arena_strdup(&tokens_arena, token);
	free(token);
	return copy;
}

/* A minted token is accepted, and has the claims that were requested. */
static void
test_mint(void **state)
{
	static const char *const applications[] = { APP_A, APP_B, NULL };
	struct mint m = { "al\"ice", "event.get datasource.get", applications,
	    APP_A, TOKENS_NOW - 10, 60, NULL };
	struct jwt_claims claims;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(kinds); i++) {
		token = token_minted(kinds[i], "k1", &m, TOKENS_NOW, &claims);
		assert_string_equal(claims.subject, m.subject);
		assert_string_equal(claims.scopes, m.scopes);
		assert_string_equal(claims.applications,
		    "{" APP_A "," APP_B "}");
		assert_string_equal(claims.organization, APP_A);
		assert_int_equal(claims.expires, TOKENS_NOW + 50);
		assert_non_null(strstr(token_part(token, 0),
		    "\"kid\":\"k1\""));
	}
}

/* The same is true for a user's token, which has another type. */
static void
test_mint_user(void **state)
{
	static const char *const applications[] = { APP_A, NULL };
	const struct mint_user user = { .client = APP_B, .key = "k",
	    .form = APP_A };
	struct mint m = { "a@b", "form.post", applications, NULL, TOKENS_NOW,
	    600, &user };
	struct conf_issuer issuer = issuer_make("ES512");
	struct jwt_claims claims;
	struct err err;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(kinds); i++) {
		token = token_minted(kinds[i], i % 2 == 0 ? "k1" : "", &m,
		    TOKENS_NOW + 599, &claims);
		assert_string_equal(claims.client, APP_B);
		assert_string_equal(claims.key, "k");
		assert_string_equal(claims.form, APP_A);
		assert_string_equal(claims.applications, "{" APP_A "}");
		assert_non_null(strstr(token_part(token, 0),
		    "\"typ\":\"at+jwt\""));
		assert_int_equal(strstr(token_part(token, 0),
		    "\"kid\":\"k1\"") != NULL, i % 2 == 0);
	}
	keys_set(&issuer, "P-521");
	issuer.signing_key = file_text("junk");
	assert_int_equal(mint_token(&issuer, &m, &token, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
}

static void
test_mint_members(void **state)
{
	static const char *const none[] = { NULL };
	struct mint m = { "s", "", none, NULL, TOKENS_NOW, 60, NULL };
	struct conf_issuer issuer = issuer_make("HS256");
	struct err err;
	char *token, *other;

	(void)state;
	issuer.secret_file = issuer.signing_key = file_text(SECRET_64);
	assert_int_equal(mint_token(&issuer, &m, &token, &err), 0);
	assert_int_equal(mint_token(&issuer, &m, &other, &err), 0);
	assert_null(strstr(token_part(token, 0), "kid"));
	assert_null(strstr(token_part(token, 1), "organization"));
	assert_non_null(strstr(token_part(token, 1), "\"applications\":[]"));
	assert_non_null(strstr(token_part(token, 1), "\"nbf\":2000000000"));
	assert_non_null(strstr(token_part(token, 1), "\"iat\":2000000000"));
	assert_non_null(strstr(token_part(token, 1), "\"jti\":\""));
	/* No two tokens are equal: each has its own jti. */
	assert_string_not_equal(token, other);
	free(token);
	free(other);
}

static void
check_mint(const struct conf_issuer *issuer, time_t lifetime, const char *text)
{
	static const char *const none[] = { NULL };
	struct mint m = { "s", "", none, NULL, TOKENS_NOW, lifetime,
	    NULL };
	struct err err = { .code = ERR_NONE };
	char *token = NULL;

	assert_int_equal(mint_token(issuer, &m, &token, &err), -1);
	assert_null(token);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strstr(err.text, text) == NULL)
		fail_msg("\"%s\", not \"%s\"", err.text, text);
}

static void
test_mint_errors(void **state)
{
	struct conf_issuer issuer = issuer_make("EdDSA");
	EVP_PKEY *p256 = key_get("P-256");

	(void)state;
	check_mint(&issuer, 60, "signing_key is missing");
	issuer.signing_key = file_text(key_pem(key_get("Ed25519"), 1));
	issuer.key = file_text(key_pem(key_get("Ed25519"), 0));
	check_mint(&issuer, 60, "not \"EdDSA\"");
	issuer.algorithm = arena_strdup(&tokens_arena, "PS256");
	check_mint(&issuer, 60, "not \"PS256\"");
	issuer.algorithm = arena_strdup(&tokens_arena, "none");
	check_mint(&issuer, 60, "not \"none\"");
	issuer.algorithm = arena_strdup(&tokens_arena, "");
	check_mint(&issuer, 60, "not \"\"");
	issuer.algorithm = arena_strdup(&tokens_arena, "ES256");
	issuer.key = file_text(key_pem(p256, 0));
	issuer.signing_key = arena_strdup(&tokens_arena, "/nonexistent/key");
	check_mint(&issuer, 60, "/nonexistent/key: ");
	issuer.signing_key = file_text("junk");
	check_mint(&issuer, 60, "cannot sign with this key as ES256");
	issuer.signing_key = file_text(key_pem(p256, 0));
	check_mint(&issuer, 60, "cannot sign with this key as ES256");
	/* Another issuer's key, and a key on another curve. */
	issuer.signing_key = file_text(key_pem(key_get("P-256/2"), 1));
	check_mint(&issuer, 60, "the signature is wrong");
	issuer.signing_key = file_text(key_pem(key_get("P-384"), 1));
	check_mint(&issuer, 60, "the signature is wrong");
	issuer.signing_key = file_text(key_pem(p256, 1));
	check_mint(&issuer, -60, "exp is in the past");
	issuer.types = arena_strdup(&tokens_arena, "at+jwt");
	check_mint(&issuer, 60, "typ is not");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mint),
		cmocka_unit_test(test_mint_user),
		cmocka_unit_test(test_mint_members),
		cmocka_unit_test(test_mint_errors)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
