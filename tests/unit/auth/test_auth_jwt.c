/* SPDX-License-Identifier: ISC */
/* Tests the form, the header and the claims of tokens. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "auth/auth_jwt.h"
#include "tokens.h"

static void
test_form(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	static const struct {
		const char *fmt;	/* %s: the valid token */
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
	const char *valid, *dot;
	char *text;
	size_t i, n;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	valid = token_make("EdDSA", key_get("Ed25519"), "{\"alg\":\"EdDSA\"}",
	    "{" CLAIMS "}");
	assert_true(is_valid(valid, NULL));
	for (i = 0; i < LENGTH(cases); i++) {
		n = strlen(valid) + 16;
		text = arena_alloc(&tokens_arena, n);
		dot = strstr(cases[i].fmt, "%s");
		memcpy(text, cases[i].fmt, (size_t)(dot - cases[i].fmt));
		strcat(strcat(text, valid), dot + 2);
		if (is_valid(text, cases[i].reason))
			fail_msg("case %zu is accepted", i);
	}
	for (i = 0; i < LENGTH(bare); i++)
		if (is_valid(bare[i], "three parts"))
			fail_msg("\"%s\" is accepted", bare[i]);
	/* The last character of 64 bytes has two bits: it is one of AQgw. */
	text = arena_strdup(&tokens_arena, valid);
	n = strlen(text) - 1;
	for (i = 0; i < sizeof(alphabet) - 1; i++) {
		text[n] = alphabet[i];
		if (is_valid(text, strchr("AQgw", text[n]) == NULL ?
		    "base64url" : "signature") != (text[n] == valid[n]))
			fail_msg("%c at the end for %c", text[n], valid[n]);
	}
	/* The other alphabet. */
	text = arena_strdup(&tokens_arena, valid);
	text[n / 2] = '+';
	assert_false(is_valid(text, "base64url"));
	text[n / 2] = '/';
	assert_false(is_valid(text, "base64url"));
}

static void
test_size(void **state)
{
	char *payload, *token = NULL;
	size_t n;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	/* Both sides of the limit, as near as base64url allows. */
	for (n = 5900; n < 6100; n++) {
		payload = arena_printf(&tokens_arena,
		    "{" CLAIMS ",\"x\":\"%s\"}", text_repeat('x', n));
		token = token_make("EdDSA", key_get("Ed25519"),
		    "{\"alg\":\"EdDSA\"}", payload);
		if (is_valid(token, "too long") != (strlen(token) <= 8192))
			fail_msg("%zu bytes", strlen(token));
		if (strlen(token) > 8192)
			break;
	}
	assert_true(strlen(token) > 8192);
	assert_false(is_valid(text_repeat('e', 1 << 20), "too long"));
	assert_false(is_valid(text_repeat('.', 1 << 20), "too long"));
	/* A valid token with a megabyte behind it. */
	assert_false(is_valid(arena_printf(&tokens_arena, "%s%s",
	    token_make("EdDSA", key_get("Ed25519"), "{\"alg\":\"EdDSA\"}",
	    "{" CLAIMS "}"), text_repeat('A', 1 << 20)), "too long"));
}

static void
test_header(void **state)
{
	static const struct {
		const char *header;
		const char *reason;	/* NULL: valid */
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
		/* Extensions that are not supported. */
		{ "{\"alg\":\"EdDSA\",\"crit\":[\"b64\"]}", "not supported" },
		{ "{\"alg\":\"EdDSA\",\"crit\":[]}", "not supported" },
		{ "{\"alg\":\"EdDSA\",\"crit\":null}", "not supported" },
		{ "{\"alg\":\"EdDSA\",\"b64\":false}", "not supported" },
		{ "{\"alg\":\"EdDSA\",\"b64\":true}", "not supported" },
		{ "{\"alg\":\"EdDSA\",\"zip\":\"DEF\"}", "not supported" },
		/* Members that are ignored. */
		{ "{\"alg\":\"EdDSA\",\"jku\":\"https://evil.test\","
		    "\"x5u\":\"https://evil.test\",\"x5c\":[\"MII\"]}", NULL }
	};
	size_t i;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	for (i = 0; i < LENGTH(cases); i++)
		if (is_valid_ed(cases[i].header, "{" CLAIMS "}",
		    cases[i].reason) != (cases[i].reason == NULL))
			fail_msg("case %zu: %s", i, cases[i].header);
}

static void
test_type(void **state)
{
	static const struct {
		const char *types;
		const char *typ;	/* NULL: absent */
		bool valid;
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
	for (i = 0; i < LENGTH(cases); i++) {
		issuer.types = arena_strdup(&tokens_arena, cases[i].types);
		issuers_set(&issuer, NULL);
		header = arena_printf(&tokens_arena, "{\"alg\":\"EdDSA\"%s%s}",
		    cases[i].typ == NULL ? "" : ",\"typ\":",
		    cases[i].typ == NULL ? "" : cases[i].typ);
		if (is_valid_ed(header, "{" CLAIMS "}", "typ is not") !=
		    cases[i].valid)
			fail_msg("case %zu", i);
	}
}

static void
test_payload(void **state)
{
	static const struct {
		const char *payload;
		const char *reason;	/* NULL: valid */
	} cases[] = {
		{ "{" CLAIMS "}", NULL },
		/* Not a strict object. */
		{ "[" TIMES "]", "strict" },
		{ "[\"a\"]", "strict" },
		{ "7", "strict" },
		{ "null", "strict" },
		{ "text", "strict" },
		{ "{" CLAIMS "}x", "strict" },
		{ "{" CLAIMS "} {}", "strict" },
		{ "{" CLAIMS ",\"sub\":\"alice\",\"sub\":\"bob\"}", "strict" },
		{ "{" CLAIMS "," TIMES "}", "strict" },
		{ "{" CLAIMS ",\"x\":{\"a\":1,\"a\":1}}", "strict" },
		{ "{" CLAIMS ",\"sub\":\"a\\u0000b\"}", "strict" },
		{ "{" CLAIMS ",\"sub\":\"\xc0\x80\"}", "strict" },
		{ "{" CLAIMS ",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
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
		/* exp: valid until TOKENS_NOW + 30, the leeway */
		{ "{" PARTIES "}", "exp is missing" },
		{ "{" PARTIES ",\"exp\":1999999971}", NULL },
		{ "{" PARTIES ",\"exp\":1999999970.5}", NULL },
		{ "{" PARTIES ",\"exp\":1999999970}", "exp is in the past" },
		{ "{" PARTIES ",\"exp\":1}", "exp is in the past" },
		{ "{" PARTIES ",\"exp\":0}", "exp is in the past" },
		{ "{" PARTIES ",\"exp\":-0}", "exp is in the past" },
		{ "{" PARTIES ",\"exp\":-1}", "exp is in the past" },
		{ "{" PARTIES ",\"exp\":-2000000060}",
		    "exp is in the past" },
		{ "{" PARTIES ",\"exp\":-1e30}", "exp is in the past" },
		{ "{" PARTIES ",\"exp\":\"2000000060\"}", "invalid" },
		{ "{" PARTIES ",\"exp\":true}", "invalid" },
		{ "{" PARTIES ",\"exp\":null}", "invalid" },
		{ "{" PARTIES ",\"exp\":[2000000060]}", "invalid" },
		{ "{" PARTIES ",\"exp\":{}}", "invalid" },
		{ "{" PARTIES ",\"exp\":1e30}", NULL },
		{ "{" PARTIES ",\"exp\":1e999}", "invalid" },
		{ "{" PARTIES ",\"exp\":9007199254740992}", NULL },
		{ "{" PARTIES ",\"exp\":9223372036854775807}", NULL },
		{ "{" PARTIES ",\"exp\":9007199254740991}", NULL },
		{ "{" PARTIES ",\"exp\":2.00000006e9}", NULL },
		{ "{" PARTIES ",\"Exp\":2000000060}", "exp is missing" },
		/* nbf and iat: valid up to TOKENS_NOW + 30 */
		{ "{" CLAIMS ",\"nbf\":2000000030}", NULL },
		{ "{" CLAIMS ",\"nbf\":2000000030.5}", "nbf is in the future" },
		{ "{" CLAIMS ",\"nbf\":2000000031}", "nbf is in the future" },
		{ "{" CLAIMS ",\"nbf\":4102444800}", "nbf is in the future" },
		/* sub */
		{ "{" CLAIMS ",\"sub\":\"\"}", NULL },
		{ "{" CLAIMS ",\"sub\":7}", "sub is not" },
		{ "{" CLAIMS ",\"sub\":null}", "sub is not" },
		{ "{" CLAIMS ",\"sub\":[\"a\"]}", "sub is not" }
	};
	const char *reason;
	size_t i;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	for (i = 0; i < LENGTH(cases); i++) {
		reason = cases[i].reason;
		if (is_valid_ed("{\"alg\":\"EdDSA\"}", cases[i].payload,
		    reason) != (reason == NULL))
			fail_msg("case %zu: %s", i, cases[i].payload);
	}
}

/* nbf and iat: 0, which old Keycloak sends in every token, and every other
 * number is a NumericDate (RFC 7519 section 2). */
static void
test_dates(void **state)
{
	static const struct {
		const char *date;
		const char *reason;	/* NULL: in the past */
	} cases[] = {
		{ "0", NULL }, { "-0", NULL }, { "0.0", NULL }, { "0e9", NULL },
		{ "1", NULL }, { "0.5", NULL }, { "1e-300", NULL },
		{ "-1", NULL }, { "-0.5", NULL }, { "-62135596800", NULL },
		{ "-1e300", NULL }, { "1999999999.999", NULL },
		{ "2e9", NULL }, { "2000000030", NULL },
		{ "2000000030.0", NULL }, { "2000000030.5", "in the future" },
		{ "2000000031", "in the future" },
		{ "4102444800", "in the future" },
		{ "2000000000000", "in the future" },	/* milliseconds */
		{ "9007199254740993", "in the future" },
		{ "9223372036854775807", "in the future" },
		/* An integer beyond 64 bits, in any claim. */
		{ "9223372036854775808", "strict" },
		{ "1e30", "in the future" }, { "1e300", "in the future" },
		{ "1e999", "invalid" }, { "-1e999", "invalid" },
		{ "\"0\"", "invalid" }, { "\"\"", "invalid" },
		{ "\"2033-05-18T03:33:20Z\"", "invalid" },
		{ "null", "invalid" }, { "false", "invalid" },
		{ "true", "invalid" }, { "[0]", "invalid" },
		{ "{}", "invalid" }
	};
	static const char *const names[] = { "nbf", "iat" };
	char *payload;
	size_t i, j;

	(void)state;
	issuer_set("EdDSA", "Ed25519");
	for (i = 0; i < LENGTH(cases); i++)
		for (j = 0; j < LENGTH(names); j++) {
			payload = arena_printf(&tokens_arena,
			    "{" CLAIMS ",\"%s\":%s}", names[j],
			    cases[i].date);
			if (is_valid_ed("{\"alg\":\"EdDSA\"}", payload,
			    cases[i].reason) != (cases[i].reason == NULL))
				fail_msg("%s", payload);
		}
}

static void
test_audience(void **state)
{
	static const struct {
		const char *aud;
		bool valid;
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
	for (i = 0; i < LENGTH(cases); i++) {
		payload = arena_printf(&tokens_arena,
		    "{\"iss\":\"https://a.test\"," TIMES ",\"aud\":%s}",
		    cases[i].aud);
		if (is_valid_ed("{\"alg\":\"EdDSA\"}", payload, "aud") !=
		    cases[i].valid)
			fail_msg("case %zu: %s", i, cases[i].aud);
	}
	assert_false(is_valid_ed("{\"alg\":\"EdDSA\"}",
	    "{\"iss\":\"https://a.test\"," TIMES "}", "aud"));
}

static struct jwt_claims
claims_of(const char *more)
{
	struct jwt_claims claims;
	struct err err;
	char *payload = arena_printf(&tokens_arena, "{" CLAIMS "%s}", more);

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
	for (i = 0; i < LENGTH(cases); i++) {
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_audience),
		cmocka_unit_test(test_claims)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
