/* SPDX-License-Identifier: ISC */
/* What a token may look like and say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth_jwt.h"
#include "tokens.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REST "\"iss\":\"https://a.test\",\"aud\":\"creel\""
#define TIMES "\"exp\":2000000060"
#define GOOD REST "," TIMES
#define APP_A "00000000000000000000000a"
#define APP_B "00000000000000000000000b"

/* Verifies a token by its parts, signed with Ed25519. */
static bool
is_good_ed(const char *header, const char *payload, const char *reason)
{
	return is_good(token_make("EdDSA", key_get("Ed25519"), header,
	    payload), reason);
}

static char *
text_repeat(char c, size_t n)
{
	char *text = arena_alloc(&tokens_arena, n + 1);

	memset(text, c, n);
	return text;
}

static void
test_form(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	static const struct {
		const char *fmt;	/* %s: the good token */
		const char *reason;
	} cases[] = {
		{ "%s.", "three parts" }, { ".%s", "three parts" },
		{ "%s=", "base64url" }, { "%s==", "base64url" },
		{ "%s!!", "base64url" }, { "%s ", "base64url" },
		{ " %s", "base64url" }, { "%s\n", "base64url" },
		{ "%sA", "signature" }, { "%sAAA", "base64url" },
		{ "%s.e30", "three parts" },
		{ "%s.e30.e30", "three parts" }, { "%s\xc3\xa4", "base64url" }
	};
	static const char *const bare[] = {
		"", ".", "..", "...", "e30.", "e30.e30.", ".e30.e30",
		"e30..e30", "e30.e30", "e30", "Bearer"
	};
	const char *good, *dot;
	char *text;
	size_t i, n;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	good = token_make("EdDSA", key_get("Ed25519"), "{\"alg\":\"EdDSA\"}",
	    "{" GOOD "}");
	assert_true(is_good(good, NULL));
	for (i = 0; i < COUNT(cases); i++) {
		n = strlen(good) + 16;
		text = arena_alloc(&tokens_arena, n);
		dot = strstr(cases[i].fmt, "%s");
		memcpy(text, cases[i].fmt, (size_t)(dot - cases[i].fmt));
		strcat(strcat(text, good), dot + 2);
		if (is_good(text, cases[i].reason))
			fail_msg("case %zu is accepted", i);
	}
	for (i = 0; i < COUNT(bare); i++)
		if (is_good(bare[i], "three parts"))
			fail_msg("\"%s\" is accepted", bare[i]);
	/* Of the last character of 64 bytes two bits count: one of AQgw. */
	text = arena_strdup(&tokens_arena, good);
	n = strlen(text) - 1;
	for (i = 0; i < sizeof(alphabet) - 1; i++) {
		text[n] = alphabet[i];
		if (is_good(text, strchr("AQgw", text[n]) == NULL ?
		    "base64url" : "signature") != (text[n] == good[n]))
			fail_msg("%c at the end for %c", text[n], good[n]);
	}
	/* The other alphabet. */
	text = arena_strdup(&tokens_arena, good);
	text[n / 2] = '+';
	assert_false(is_good(text, "base64url"));
	text[n / 2] = '/';
	assert_false(is_good(text, "base64url"));
}

static void
test_size(void **state)
{
	char *payload, *token = NULL;
	size_t n;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	/* Both sides of the limit, as near as base64url lets us. */
	for (n = 5900; n < 6100; n++) {
		payload = arena_printf(&tokens_arena, "{" GOOD ",\"x\":\"%s\"}",
		    text_repeat('x', n));
		token = token_make("EdDSA", key_get("Ed25519"),
		    "{\"alg\":\"EdDSA\"}", payload);
		if (is_good(token, "too long") != (strlen(token) <= 8192))
			fail_msg("%zu bytes", strlen(token));
		if (strlen(token) > 8192)
			break;
	}
	assert_true(strlen(token) > 8192);
	assert_false(is_good(text_repeat('e', 1 << 20), "too long"));
	assert_false(is_good(text_repeat('.', 1 << 20), "too long"));
	/* A good token with a megabyte behind it. */
	assert_false(is_good(arena_printf(&tokens_arena, "%s%s",
	    token_make("EdDSA", key_get("Ed25519"), "{\"alg\":\"EdDSA\"}",
	    "{" GOOD "}"), text_repeat('A', 1 << 20)), "too long"));
}

static void
test_header(void **state)
{
	static const struct {
		const char *header;
		const char *reason;	/* NULL: good */
	} cases[] = {
		{ "{\"alg\":\"EdDSA\"}", NULL },
		{ "{\"alg\":\"EdDSA\",\"other\":1}", NULL },
		{ " {\"alg\" : \"EdDSA\"}\n", NULL },
		{ "{\"alg\":\"none\"}", "no key" },
		{ "{\"alg\":\"NoNe\"}", "no key" },
		{ "{\"alg\":\"\"}", "no key" },
		{ "{\"alg\":\"eddsa\"}", "no key" },
		{ "{\"alg\":\"EDDSA\"}", "no key" },
		{ "{\"alg\":\"EdDSA \"}", "no key" },
		{ "{\"alg\":\"ES256\"}", "no key" },
		{ "{\"alg\":\"HS256\"}", "no key" },
		{ "{\"alg\":\"Ed25519\"}", "no key" },
		{ "{}", "alg is missing" },
		{ "{\"alg\":7}", "alg is missing" },
		{ "{\"alg\":null}", "alg is missing" },
		{ "{\"alg\":[\"EdDSA\"]}", "alg is missing" },
		{ "{\"Alg\":\"EdDSA\"}", "alg is missing" },
		/* Not a strict object. */
		{ "{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}", "strict" },
		{ "{\"alg\":\"none\",\"alg\":\"EdDSA\"}", "strict" },
		{ "{\"\\u0061lg\":\"none\",\"alg\":\"EdDSA\"}", "strict" },
		{ "{\"alg\":\"EdDSA\"}x", "strict" },
		{ "{\"alg\":\"EdDSA\"}{}", "strict" },
		{ "{\"alg\":\"EdDSA\",}", "strict" },
		{ "{'alg':'EdDSA'}", "strict" },
		{ "{\"alg\":\"EdDSA\",\"x\":\"\xff\"}", "strict" },
		{ "{\"alg\":\"EdDSA\\u0000\"}", "strict" },
		{ "\xef\xbb\xbf{\"alg\":\"EdDSA\"}", "strict" },
		{ "[\"alg\",\"EdDSA\"]", "strict" },
		{ "\"EdDSA\"", "strict" },
		{ "null", "strict" },
		{ "EdDSA", "strict" },
		/* Four deep, and five. */
		{ "{\"alg\":\"EdDSA\",\"x\":[[[1]]]}", NULL },
		{ "{\"alg\":\"EdDSA\",\"x\":[[[[1]]]]}", "strict" },
		/* What we do not speak. */
		{ "{\"alg\":\"EdDSA\",\"crit\":[\"b64\"]}", "refused" },
		{ "{\"alg\":\"EdDSA\",\"crit\":[]}", "refused" },
		{ "{\"alg\":\"EdDSA\",\"crit\":null}", "refused" },
		{ "{\"alg\":\"EdDSA\",\"b64\":false}", "refused" },
		{ "{\"alg\":\"EdDSA\",\"b64\":true}", "refused" },
		{ "{\"alg\":\"EdDSA\",\"zip\":\"DEF\"}", "refused" },
		/* What is never looked at. */
		{ "{\"alg\":\"EdDSA\",\"jku\":\"https://evil.test\","
		    "\"x5u\":\"https://evil.test\",\"x5c\":[\"MII\"]}", NULL }
	};
	size_t i;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	for (i = 0; i < COUNT(cases); i++)
		if (is_good_ed(cases[i].header, "{" GOOD "}",
		    cases[i].reason) != (cases[i].reason == NULL))
			fail_msg("case %zu: %s", i, cases[i].header);
}

static void
test_type(void **state)
{
	static const struct {
		const char *types;
		const char *typ;	/* NULL: absent */
		bool good;
	} cases[] = {
		{ "JWT at+jwt -", NULL, true },
		{ "JWT at+jwt -", "\"JWT\"", true },
		{ "JWT at+jwt -", "\"jwt\"", true },
		{ "JWT at+jwt -", "\"at+jwt\"", true },
		{ "JWT at+jwt -", "\"AT+JWT\"", true },
		{ "JWT at+jwt -", "\"application/at+jwt\"", true },
		{ "JWT at+jwt -", "\"Application/AT+JWT\"", true },
		{ "JWT at+jwt -", "\"text/at+jwt\"", false },
		{ "JWT at+jwt -", "\"application/application/jwt\"", false },
		{ "JWT at+jwt -", "\"-\"", false },
		{ "JWT at+jwt -", "\"application/-\"", false },
		{ "JWT at+jwt -", "\"\"", false },
		{ "JWT at+jwt -", "\"application/\"", false },
		{ "JWT at+jwt -", "\"JW\"", false },
		{ "JWT at+jwt -", "\"JWT at+jwt\"", false },
		{ "JWT at+jwt -", "\"JOSE\"", false },
		{ "JWT at+jwt -", "7", false },
		{ "JWT at+jwt -", "null", false },
		{ "JWT at+jwt -", "[\"JWT\"]", false },
		{ "at+jwt", NULL, false },
		{ "at+jwt", "\"JWT\"", false },
		{ "at+jwt", "\"at+jwt\"", true },
		{ "  at+jwt\tJWT ", "\"JWT\"", true },
		{ "-", NULL, true },
		{ "-", "\"JWT\"", false },
		{ "", NULL, false },
		{ "", "\"JWT\"", false },
		{ "", "\"\"", false },
		{ " ", "\"\"", false }
	};
	struct conf_issuer issuer = issuer_make("EdDSA");
	char *header;
	size_t i;

	(void)state;
	issuer.key = file_text(key_pem(key_get("Ed25519"), 0));
	for (i = 0; i < COUNT(cases); i++) {
		issuer.types = arena_strdup(&tokens_arena, cases[i].types);
		issuers_set(&issuer, NULL);
		header = arena_printf(&tokens_arena, "{\"alg\":\"EdDSA\"%s%s}",
		    cases[i].typ == NULL ? "" : ",\"typ\":",
		    cases[i].typ == NULL ? "" : cases[i].typ);
		if (is_good_ed(header, "{" GOOD "}", "typ is not") !=
		    cases[i].good)
			fail_msg("case %zu", i);
	}
}

static void
test_payload(void **state)
{
	static const struct {
		const char *payload;
		const char *reason;	/* NULL: good */
	} cases[] = {
		{ "{" GOOD "}", NULL },
		/* Not a strict object. */
		{ "[" TIMES "]", "strict" },
		{ "[\"a\"]", "strict" },
		{ "7", "strict" },
		{ "null", "strict" },
		{ "text", "strict" },
		{ "{" GOOD "}x", "strict" },
		{ "{" GOOD "} {}", "strict" },
		{ "{" GOOD ",\"sub\":\"alice\",\"sub\":\"bob\"}", "strict" },
		{ "{" GOOD "," TIMES "}", "strict" },
		{ "{" GOOD ",\"x\":{\"a\":1,\"a\":1}}", "strict" },
		{ "{" GOOD ",\"sub\":\"a\\u0000b\"}", "strict" },
		{ "{" GOOD ",\"sub\":\"\xc0\x80\"}", "strict" },
		{ "{" GOOD ",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
		    "strict" },
		/* iss */
		{ "{\"aud\":\"creel\"," TIMES "}", "iss" },
		{ "{\"iss\":\"https://a.test/\",\"aud\":\"creel\"," TIMES "}",
		    "iss" },
		{ "{\"iss\":\"HTTPS://a.test\",\"aud\":\"creel\"," TIMES "}",
		    "iss" },
		{ "{\"iss\":\"\",\"aud\":\"creel\"," TIMES "}", "iss" },
		{ "{\"iss\":null,\"aud\":\"creel\"," TIMES "}", "iss" },
		{ "{\"iss\":[\"https://a.test\"],\"aud\":\"creel\"," TIMES
		    "}", "iss" },
		/* exp: leeway 30, so good until TOKENS_NOW + 30 */
		{ "{" REST "}", "exp is missing" },
		{ "{" REST ",\"exp\":1999999971}", NULL },
		{ "{" REST ",\"exp\":1999999970.5}", NULL },
		{ "{" REST ",\"exp\":1999999970}", "exp is past" },
		{ "{" REST ",\"exp\":1}", "exp is past" },
		{ "{" REST ",\"exp\":0}", "not a time" },
		{ "{" REST ",\"exp\":-1}", "not a time" },
		{ "{" REST ",\"exp\":-2000000060}", "not a time" },
		{ "{" REST ",\"exp\":\"2000000060\"}", "not a time" },
		{ "{" REST ",\"exp\":true}", "not a time" },
		{ "{" REST ",\"exp\":null}", "not a time" },
		{ "{" REST ",\"exp\":[2000000060]}", "not a time" },
		{ "{" REST ",\"exp\":{}}", "not a time" },
		{ "{" REST ",\"exp\":1e30}", "not a time" },
		{ "{" REST ",\"exp\":1e999}", "not a time" },
		{ "{" REST ",\"exp\":9007199254740992}", "not a time" },
		{ "{" REST ",\"exp\":9007199254740991}", NULL },
		{ "{" REST ",\"exp\":2.00000006e9}", NULL },
		{ "{" REST ",\"Exp\":2000000060}", "exp is missing" },
		/* nbf and iat: good from TOKENS_NOW + 30 back */
		{ "{" GOOD ",\"nbf\":2000000030}", NULL },
		{ "{" GOOD ",\"nbf\":2000000030.5}", "nbf is in the future" },
		{ "{" GOOD ",\"nbf\":2000000031}", "nbf is in the future" },
		{ "{" GOOD ",\"nbf\":4102444800}", "nbf is in the future" },
		{ "{" GOOD ",\"nbf\":\"1\"}", "not a time" },
		{ "{" GOOD ",\"nbf\":null}", "not a time" },
		{ "{" GOOD ",\"nbf\":-1}", "not a time" },
		{ "{" GOOD ",\"nbf\":0}", "not a time" },
		{ "{" GOOD ",\"nbf\":1}", NULL },
		{ "{" GOOD ",\"iat\":2000000030}", NULL },
		{ "{" GOOD ",\"iat\":2000000031}", "iat is in the future" },
		{ "{" GOOD ",\"iat\":false}", "not a time" },
		{ "{" GOOD ",\"iat\":1e30}", "not a time" },
		/* sub */
		{ "{" GOOD ",\"sub\":\"\"}", NULL },
		{ "{" GOOD ",\"sub\":7}", "sub is not" },
		{ "{" GOOD ",\"sub\":null}", "sub is not" },
		{ "{" GOOD ",\"sub\":[\"a\"]}", "sub is not" }
	};
	const char *reason;
	size_t i;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	for (i = 0; i < COUNT(cases); i++) {
		reason = cases[i].reason;
		if (is_good_ed("{\"alg\":\"EdDSA\"}", cases[i].payload,
		    reason) != (reason == NULL))
			fail_msg("case %zu: %s", i, cases[i].payload);
	}
}

static void
test_audience(void **state)
{
	static const struct {
		const char *aud;
		bool good;
	} cases[] = {
		{ "\"creel\"", true },
		{ "[\"creel\"]", true },
		{ "[\"other\",\"creel\"]", true },
		{ "[\"creel\",\"creel\"]", true },
		{ "\"other\"", false },
		{ "\"Creel\"", false },
		{ "\"creel \"", false },
		{ "\"creel/\"", false },
		{ "\"\"", false },
		{ "[]", false },
		{ "[\"other\"]", false },
		{ "[[\"creel\"]]", false },
		{ "[\"creel\",7]", false },
		{ "[null,\"creel\"]", false },
		{ "{\"creel\":\"creel\"}", false },
		{ "null", false },
		{ "7", false }
	};
	char *payload;
	size_t i;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	for (i = 0; i < COUNT(cases); i++) {
		payload = arena_printf(&tokens_arena,
		    "{\"iss\":\"https://a.test\"," TIMES ",\"aud\":%s}",
		    cases[i].aud);
		if (is_good_ed("{\"alg\":\"EdDSA\"}", payload, "aud") !=
		    cases[i].good)
			fail_msg("case %zu: %s", i, cases[i].aud);
	}
	assert_false(is_good_ed("{\"alg\":\"EdDSA\"}",
	    "{\"iss\":\"https://a.test\"," TIMES "}", "aud"));
}

static struct jwt_claims
claims_of(const char *more)
{
	struct jwt_claims claims;
	struct err err;
	char *payload = arena_printf(&tokens_arena, "{" GOOD "%s}", more);

	if (jwt_verify(issuers, token_make("EdDSA", key_get("Ed25519"),
	    "{\"alg\":\"EdDSA\"}", payload), TOKENS_NOW, &tokens_arena, &claims,
	    &err) < 0)
		fail_msg("%s: %s", more, err.text);
	return claims;
}

static void
test_claims(void **state)
{
	static const struct {
		const char *value;
		const char *applications;
		const char *organization;
		const char *scopes;
	} cases[] = {
		{ "\"" APP_A "\"", "{" APP_A "}", APP_A, APP_A },
		{ "\"00000000000000000000000A\"", "{" APP_A "}", APP_A,
		    "00000000000000000000000A" },
		{ "[\"" APP_A "\",\"" APP_B "\"]", "{" APP_A "," APP_B "}",
		    NULL, APP_A " " APP_B },
		{ "[\"x\",\"" APP_B "\",7,null]", "{" APP_B "}", NULL,
		    "x " APP_B },
		{ "\"" APP_A "," APP_B "\"", "{}", NULL, APP_A "," APP_B },
		{ "\"" APP_A "}\"", "{}", NULL, APP_A "}" },
		{ "\"\"", "{}", NULL, "" },
		{ "[]", "{}", NULL, "" },
		{ "{\"a\":\"" APP_A "\"}", "{}", NULL, "" },
		{ "null", "{}", NULL, "" },
		{ "7", "{}", NULL, "" },
		{ "\"a b  c\"", "{}", NULL, "a b  c" }
	};
	struct jwt_claims claims;
	size_t i;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	claims = claims_of("");
	assert_ptr_equal(claims.issuer, tokens_conf.issuers);
	assert_string_equal(claims.subject, "");
	assert_string_equal(claims.scopes, "");
	assert_string_equal(claims.applications, "{}");
	assert_null(claims.organization);
	assert_int_equal(claims.expires, TOKENS_NOW + 60);
	assert_string_equal(claims_of(",\"sub\":\"al:ice\"").subject,
	    "al:ice");
	for (i = 0; i < COUNT(cases); i++) {
		claims = claims_of(arena_printf(&tokens_arena,
		    ",\"applications\":%s,\"organization\":%s,\"scope\":%s",
		    cases[i].value, cases[i].value, cases[i].value));
		assert_string_equal(claims.applications,
		    cases[i].applications);
		assert_string_equal(claims.scopes, cases[i].scopes);
		if (cases[i].organization == NULL)
			assert_null(claims.organization);
		else
			assert_string_equal(claims.organization,
			    cases[i].organization);
	}
	tokens_conf.issuers->applications_claim = arena_strdup(&tokens_arena,
	    "https://x/app");
	claims = claims_of(",\"applications\":\"" APP_A "\","
	    "\"https://x/app\":\"" APP_B "\"");
	assert_string_equal(claims.applications, "{" APP_B "}");
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
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_audience),
		cmocka_unit_test(test_claims)
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
