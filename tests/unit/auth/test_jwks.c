/* SPDX-License-Identifier: ISC */
/* Tests the keys of issuers: files, secrets, JWK sets and signatures. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "auth/jwks.h"
#include "tokens.h"


static void
test_base64url(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;	/* NULL: rejected */
	} cases[] = {
		{ "", "" }, { "Zg", "f" }, { "Zm8", "fo" }, { "Zm9v", "foo" },
		{ "Zm9vYg", "foob" }, { "-_-_", "\xfb\xff\xbf" },
		{ "Z", NULL }, { "Zm9vY", NULL },	/* no such length */
		{ "Zh", NULL }, { "Zm9", NULL },	/* unused bits set */
		{ "Zg==", NULL }, { "Zg=", NULL }, { "Zm8=", NULL },
		{ "+_-_", NULL }, { "-/-_", NULL }, { "Zm 9v", NULL },
		{ "Zm9v\n", NULL }, { "Zm.9", NULL }, { "Zm9\xc3", NULL }
	};
	unsigned char out[16];
	ssize_t len;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		len = base64url_decode(cases[i].text, strlen(cases[i].text),
		    out);
		if (cases[i].bytes == NULL ? len != -1 :
		    len != (ssize_t)strlen(cases[i].bytes) ||
		    memcmp(out, cases[i].bytes, (size_t)len) != 0)
			fail_msg("case %zu \"%s\": %zd", i, cases[i].text, len);
	}
	/* A NUL is no character of the alphabet. */
	assert_int_equal(base64url_decode("Zm\0v", 4, out), -1);
}

static const struct pair {
	const char *alg;
	const char *kind;
} pairs[] = {
	{ "HS256", NULL }, { "HS384", NULL }, { "HS512", NULL },
	{ "RS256", "RSA" }, { "RS384", "RSA" }, { "RS512", "RSA" },
	{ "PS256", "RSA" }, { "PS384", "RSA" }, { "PS512", "RSA" },
	{ "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
	{ "EdDSA", "Ed25519" }, { "EdDSA", "Ed448" }
};

static const char secret_64[] = SECRET_32 SECRET_32;

/* Data signed with one pair verify as they are, and not with a changed bit. */
static void
check_signature(const struct jwk *jwk, const char *alg, EVP_PKEY *key)
{
	static const char text[] = "what is signed";
	const unsigned char *data = (const unsigned char *)text;
	unsigned char sig[1024];
	size_t len, n = strlen(text), i;

	len = signature_make(alg, key, text, sig, sizeof(sig) - 1, 0);
	if (!jwk_verify(jwk, data, n, sig, len))
		fail_msg("%s: a good signature is rejected", alg);
	for (i = 0; i < len; i += 5) {
		sig[i] ^= 1;
		if (jwk_verify(jwk, data, n, sig, len))
			fail_msg("%s: byte %zu changed, accepted", alg, i);
		sig[i] ^= 1;
	}
	assert_false(jwk_verify(jwk, data, n - 1, sig, len));
	assert_false(jwk_verify(jwk, data, n, sig, len - 1));
	assert_false(jwk_verify(jwk, data, n, sig, 0));
	sig[len] = 0;
	assert_false(jwk_verify(jwk, data, n, sig, len + 1));
	memset(sig, 0, len);
	if (jwk_verify(jwk, data, n, sig, len))
		fail_msg("%s: a signature of zeros is accepted", alg);
}

/* Every algorithm works with a key from a file and from a set. */
static void
test_algorithms(void **state)
{
	struct conf_issuer issuer;
	struct jwk_set keys;
	struct err err;
	EVP_PKEY *key;
	const struct pair *p;
	char *member, *set;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(pairs) * 2; i++) {
		p = &pairs[i / 2];
		issuer = issuer_make(i % 2 == 0 ? p->alg : "");
		key = p->kind != NULL ? key_get(p->kind) :
		    key_secret(secret_64, sizeof(secret_64) - 1);
		member = arena_printf(&tokens_arena, "\"alg\":\"%s\",", p->alg);
		set = arena_printf(&tokens_arena, "{\"keys\":[%s]}",
		    p->kind != NULL ? key_jwk(key, member) :
		    arena_printf(&tokens_arena, "{%s\"kty\":\"oct\",\"k\":"
		    "\"%s\"}", member, base64url(secret_64,
		    sizeof(secret_64) - 1)));
		if (i % 2 == 1)
			issuer.jwks = file_text(set);
		else if (p->kind != NULL)
			issuer.key = file_text(key_pem(key, 0));
		else
			issuer.secret_file = file_text(secret_64);
		if (jwks_load(&issuer, &keys, &err) < 0)
			fail_msg("%s: %s", p->alg, err.text);
		assert_int_equal(keys.n, 1);
		assert_int_equal(keys.n_skipped, 0);
		assert_string_equal(jwk_alg_name(keys.keys[0].alg), p->alg);
		check_signature(&keys.keys[0], p->alg, key);
		jwks_release(&keys);
		assert_null(keys.keys);
		if (p->kind == NULL)
			EVP_PKEY_free(key);
	}
}

/* Loads an issuer's keys, and expects n of them, or -1 and an error with
 * text. */
static void
check_load(const char *what, const struct conf_issuer *issuer, int expected,
    const char *text)
{
	struct err err = { .code = ERR_NONE };
	struct jwk_set keys;
	int rc;

	rc = jwks_load(issuer, &keys, &err);
	if (rc != (expected < 0 ? -1 : 0) ||
	    (rc == 0 && keys.n != (size_t)expected))
		fail_msg("%s: %d, %zu keys, %s", what, rc, keys.n,
		    rc < 0 ? err.text : "");
	if (rc < 0 && (err.code != ERR_CONFIG ||
	    strstr(err.text, text) == NULL))
		fail_msg("%s: code %d, %s", what, err.code, err.text);
	jwks_release(&keys);
}

static void
test_key_files(void **state)
{
	static const struct {
		const char *alg;
		const char *kind;
		int private;
		const char *text;	/* NULL: loads */
	} cases[] = {
		{ "RS256", "RSA", 0, NULL },
		{ "RS256", "RSA", 1, "no public key" },
		{ "RS256", "RSA-1024", 0, "2048 bits" },
		{ "PS256", "RSA-1024", 0, "2048 bits" },
		{ "RS256", "P-256", 0, "does not fit RS256" },
		{ "HS256", "RSA", 0, "does not fit HS256" },
		{ "ES256", "RSA", 0, "does not fit ES256" },
		{ "ES256", "P-384", 0, "does not fit ES256" },
		{ "ES256", "secp256k1", 0, "does not fit ES256" },
		{ "ES384", "P-256", 0, "does not fit ES384" },
		{ "ES512", "P-256", 0, "does not fit ES512" },
		{ "EdDSA", "P-256", 0, "does not fit EdDSA" },
		{ "EdDSA", "X25519", 0, "does not fit EdDSA" },
		{ "ES256", "Ed25519", 0, "does not fit ES256" },
		{ "", "RSA", 0, "algorithm is missing" },
		{ "none", "RSA", 0, "none is not known" },
		{ "rs256", "RSA", 0, "rs256 is not known" },
		{ "ES256K", "secp256k1", 0, "ES256K is not known" }
	};
	struct conf_issuer issuer;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		issuer = issuer_make(cases[i].alg);
		issuer.key = file_text(key_pem(key_get(cases[i].kind),
		    cases[i].private));
		check_load(arena_printf(&tokens_arena, "case %zu", i), &issuer,
		    cases[i].text == NULL ? 1 : -1, cases[i].text);
	}
}

static void
test_other_files(void **state)
{
	struct conf_issuer issuer = issuer_make("RS256");
	char *pem = key_pem(key_get("RSA"), 0);
	char *large;

	(void)state;
	check_load("nothing", &issuer, -1, "is required");
	issuer.key = arena_strdup(&tokens_arena, "/nonexistent/key");
	check_load("no file", &issuer, -1, "/nonexistent/key: ");
	issuer.key = arena_strdup(&tokens_arena, "/");
	check_load("a directory", &issuer, -1, "/: ");
	issuer.key = file_text("");
	check_load("empty", &issuer, -1, "empty");
	issuer.key = file_text("junk");
	check_load("junk", &issuer, -1, "no public key");
	issuer.key = file_make(pem, strlen(pem) / 2);
	check_load("half a PEM", &issuer, -1, "no public key");
	large = arena_alloc(&tokens_arena, 2 << 20);
	memset(large, 'a', 2 << 20);
	issuer.key = file_make(large, 2 << 20);
	check_load("2 MB", &issuer, -1, "too large");
}

static void
test_secrets(void **state)
{
	static const struct {
		const char *alg;
		const char *secret;
		const char *text;
	} cases[] = {
		{ "HS256", SECRET_32, NULL },
		{ "HS256", SECRET_32 "\n", NULL },
		{ "HS256", "0123456789abcdef0123456789abcde\n", "32 bytes" },
		{ "HS256", "\n", "32 bytes" },
		{ "HS256", "", "empty" },
		{ "HS384", SECRET_32, "48 bytes" },
		{ "HS384", SECRET_32 "0123456789abcdef", NULL },
		{ "HS512", SECRET_32 "0123456789abcdef", "64 bytes" },
		{ "HS512", SECRET_32 SECRET_32, NULL },
		{ "RS256", SECRET_32, "does not fit RS256" },
		{ "", SECRET_32, "algorithm is missing" }
	};
	struct conf_issuer issuer;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		issuer = issuer_make(cases[i].alg);
		issuer.secret_file = file_text(cases[i].secret);
		check_load(arena_printf(&tokens_arena, "case %zu", i), &issuer,
		    cases[i].text == NULL ? 1 : -1, cases[i].text);
	}
	issuer = issuer_make("HS256");
	issuer.secret_file = file_text(key_pem(key_get("RSA"), 0));
	check_load("public key", &issuer, -1, "must not be a PEM file");
	issuer.secret_file = file_text(key_pem(key_get("P-256"), 1));
	check_load("private key", &issuer, -1, "must not be a PEM file");
}

/* Only one newline is removed: NULs, a second newline and a CR stay. */
static void
test_secret_bytes(void **state)
{
	static const char secret[] = "\n0123456789abcdef\0"
	    "23456789abcdef\r\n\n";
	struct conf_issuer issuer = issuer_make("HS256");
	struct jwk_set keys;
	struct err err;

	(void)state;
	issuer.secret_file = file_make(secret, sizeof(secret) - 1);
	assert_int_equal(jwks_load(&issuer, &keys, &err), 0);
	assert_int_equal(keys.keys[0].secret_len, sizeof(secret) - 2);
	assert_memory_equal(keys.keys[0].secret, secret, sizeof(secret) - 2);
	jwks_release(&keys);
}

#define OCT "\"kty\":\"oct\"," \
	"\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\""
#define HS256 "\"alg\":\"HS256\","
#define LONG_16 "0123456789abcdef"
#define LONG_128 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16

static void
test_sets(void **state)
{
	static const struct {
		const char *keys;
		const char *algorithm;
		int n;
		const char *text;
	} cases[] = {
		{ "{" HS256 OCT "}", "", 1, NULL },
		{ "{" OCT "}", "HS256", 1, NULL },
		{ "{" OCT "}", "", -1, "key 1: skipped: algorithm is missing" },
		{ "{" OCT "}", "HS384", -1, "48 bytes" },
		{ "{" OCT "}", "RS256", -1, "does not fit RS256" },
		/* A JWK's own alg wins. */
		{ "{" HS256 OCT "}", "RS256", 1, NULL },
		{ "", "", -1, "no usable key" },
		/* Ignored. */
		{ "{\"kty\":\"XX\"}", "HS256", -1, "no usable key" },
		{ "{\"kty\":\"OCT\"},{" HS256 OCT "}", "", 1, NULL },
		{ "7,null,\"a\",[],{},{" HS256 OCT "}", "", 1, NULL },
		{ "{\"kty\":7},{" HS256 OCT "}", "", 1, NULL },
		{ "{\"alg\":\"none\"," OCT "}", "HS256", -1, "no usable key" },
		{ "{\"alg\":\"A128KW\"," OCT "}", "HS256", -1, "no usable" },
		{ "{\"alg\":null," OCT "}", "HS256", -1, "no usable key" },
		{ "{\"use\":\"enc\"," HS256 OCT "}", "", -1, "no usable key" },
		{ "{\"use\":7," HS256 OCT "}", "", -1, "no usable key" },
		{ "{\"use\":\"sig\"," HS256 OCT "}", "", 1, NULL },
		{ "{\"key_ops\":[\"sign\",\"verify\"]," HS256 OCT "}", "", 1,
		    NULL },
		{ "{\"key_ops\":[\"sign\"]," HS256 OCT "}", "", -1, "usable" },
		{ "{\"key_ops\":[]," HS256 OCT "}", "", -1, "no usable key" },
		{ "{\"key_ops\":\"verify\"," HS256 OCT "}", "", -1, "usable" },
		/* Errors. */
		{ "{\"kid\":7," HS256 OCT "}", "", -1, "kid is not" },
		{ "{\"kid\":\"" LONG_128 "\"," HS256 OCT "}", "", 1, NULL },
		{ "{\"kid\":\"" LONG_128 "0\"," HS256 OCT "}", "", -1, "kid" },
		{ "{\"kid\":\"a\"," HS256 OCT "},{\"kid\":\"b\"," HS256 OCT
		    "}", "", 2, NULL },
		{ "{\"kid\":\"a\"," HS256 OCT "},{\"kid\":\"a\"," HS256 OCT
		    "}", "", 1, NULL },
		{ "{" HS256 OCT "},{" HS256 OCT "}", "", 2, NULL },
		{ "{" HS256 "\"kty\":\"oct\"}", "", -1, "incomplete" },
		{ "{" HS256 "\"kty\":\"oct\",\"k\":\"\"}", "", -1, "incompl" },
		{ "{" HS256 "\"kty\":\"oct\",\"k\":7}", "", -1, "incomplete" },
		{ "{" HS256 "\"kty\":\"oct\",\"k\":\"Zh\"}", "", -1, "malf" },
		{ "{" HS256 "\"kty\":\"oct\",\"k\":\"Zg\"}", "", -1, "32 byt" },
		{ "{" HS256 HS256 OCT "}", "", -1, "duplicate name" },
		{ "{" HS256 OCT "", "", -1, "not JSON" }
	};
	struct conf_issuer issuer;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		issuer = issuer_make(cases[i].algorithm);
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[%s]}\n", cases[i].keys));
		check_load(arena_printf(&tokens_arena, "case %zu", i), &issuer,
		    cases[i].n, cases[i].text);
	}
	issuer = issuer_make("HS256");
	issuer.jwks = file_text("[]");
	check_load("an array", &issuer, -1, "not a JWK set");
	issuer.jwks = file_text("{\"keys\":{}}");
	check_load("no array", &issuer, -1, "not a JWK set");
	issuer.jwks = file_text("{}");
	check_load("no keys", &issuer, -1, "not a JWK set");
}

/* One odd key beside a good one, first or last, is skipped with a text. */
static void
test_set_odd(void **state)
{
	static const struct {
		const char *kind;	/* of the key, or NULL: members */
		const char *members;
		const char *text;
	} cases[] = {
		{ "RSA-1024", "\"alg\":\"RS256\",",
		    ": skipped: an RSA key must have at least 2048 bits" },
		{ "RSA-1024", "\"kid\":\"old\",",
		    " (kid old): skipped: an RSA key must have at least" },
		/* The algorithm of the issuer is RS256. */
		{ "P-256", "", ": skipped: the key does not fit RS256" },
		{ "P-256", "\"alg\":\"ES384\",", "does not fit ES384" },
		{ "P-384", "\"alg\":\"ES256\",", "does not fit ES256" },
		{ "RSA", "\"alg\":\"HS256\",", "does not fit HS256" },
		{ "RSA", "\"use\":\"enc\",", "not for signatures" },
		{ "RSA", "\"key_ops\":[\"sign\"],", "not for signatures" },
		{ "RSA", "\"key_ops\":[\"encrypt\",\"wrapKey\"],",
		    "not for signatures" },
		{ "RSA", "\"alg\":\"RSA-OAEP\",", "unknown alg" },
		{ "RSA", "\"alg\":\"ES521\",", "unknown alg" },
		{ "RSA", "\"alg\":7,", "unknown alg" },
		{ "RSA", "\"kid\":7,", "kid is not a string" },
		{ "RSA", "\"kid\":\"good\",",
		    " (kid good): skipped: an earlier key has the same kid" },
		{ NULL, "\"kty\":\"RSA\",\"e\":\"AQAB\"", "incomplete" },
		{ NULL, "\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQ\"",
		    "2048 bits" },
		{ NULL, "\"kty\":\"EC\",\"crv\":\"secp256k1\","
		    "\"alg\":\"ES256K\",\"x\":\"AA\",\"y\":\"AA\"",
		    "unknown alg" },
		{ NULL, "\"kty\":\"EC\",\"crv\":\"secp256k1\","
		    "\"x\":\"AA\",\"y\":\"AA\"", "malformed" },
		{ NULL, OCT, "does not fit RS256" },
		{ NULL, "\"alg\":\"HS256\",\"kty\":\"oct\",\"k\":\"\"",
		    "incomplete" },
		{ NULL, "\"alg\":\"A256GCM\"," OCT, "unknown alg" },
		{ NULL, "\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\"",
		    "unknown kty" },
		{ NULL, "", "unknown kty" }
	};
	struct conf_issuer issuer = issuer_make("RS256");
	const char *good = key_jwk(key_get("RSA/2"), "\"kid\":\"good\",");
	const char *odd;
	struct jwk_set set;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		odd = cases[i].kind == NULL ? arena_printf(&tokens_arena,
		    "{%s}", cases[i].members) :
		    key_jwk(key_get(cases[i].kind), cases[i].members);
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[%s,%s]}", good, odd));
		if (jwks_load(&issuer, &set, &err) < 0)
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(set.n, 1);
		assert_string_equal(set.keys[0].kid, "good");
		assert_int_equal(set.n_skipped, 1);
		if (strstr(set.skipped[0], cases[i].text) == NULL ||
		    strstr(set.skipped[0], ": key 2") == NULL)
			fail_msg("case %zu: %s", i, set.skipped[0]);
		jwks_release(&set);
		/* Alone it is an error with the same reason. */
		if (strstr(cases[i].text, "an earlier key") != NULL)
			continue;
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[%s]}", odd));
		check_load("alone", &issuer, -1, cases[i].text);
		check_load("alone", &issuer, -1, "no usable key: /");
	}
}

/* Public keys in sets must suit their algorithm. */
static void
test_set_keys(void **state)
{
	static const struct {
		const char *kind;
		const char *members;
		const char *text;	/* NULL: loads */
	} cases[] = {
		{ "RSA", "\"alg\":\"RS256\",", NULL },
		{ "RSA-1024", "\"alg\":\"RS256\",", "2048 bits" },
		{ "RSA", "\"alg\":\"HS256\",", "does not fit HS256" },
		{ "RSA", "\"alg\":\"ES256\",", "does not fit ES256" },
		{ "P-384", "\"alg\":\"ES256\",", "does not fit ES256" },
		{ "P-256", "\"alg\":\"ES512\",", "does not fit ES512" },
		{ "P-256", "\"alg\":\"EdDSA\",", "does not fit EdDSA" },
		{ "Ed25519", "\"alg\":\"ES256\",", "does not fit ES256" }
	};
	struct conf_issuer issuer = issuer_make("");
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		jwk = key_jwk(key_get(cases[i].kind), cases[i].members);
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[%s]}", jwk));
		check_load(arena_printf(&tokens_arena, "case %zu", i), &issuer,
		    cases[i].text == NULL ? 1 : -1, cases[i].text);
	}
}

#define ZEROS_32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Each member of a public key is malformed in turn. */
static void
test_set_malformed(void **state)
{
	static const struct {
		const char *members;
		const char *text;
	} cases[] = {
		{ "\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"AQAB\"",
		    "incomplete" },
		{ "\"kty\":\"RSA\",\"alg\":\"RS256\",\"e\":\"AQAB\"",
		    "incomplete" },
		{ "\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"AQ+B\","
		    "\"e\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\","
		    "\"x\":\"AQAB\",\"y\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"secp256k1\","
		    "\"x\":\"AQAB\",\"y\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"Ed25519\","
		    "\"x\":\"AQAB\",\"y\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":7,"
		    "\"x\":\"AQAB\",\"y\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\","
		    "\"x\":\"AQAB\",\"y\":\"" ZEROS_32 "\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\","
		    "\"x\":\"" ZEROS_32 "\",\"y\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\","
		    "\"x\":\"" ZEROS_32 "\"", "incomplete" },
		/* x and y have 32 bytes, but are no point of the curve. */
		{ "\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\","
		    "\"x\":\"" ZEROS_32 "\",\"y\":\"" ZEROS_32 "\"",
		    "malformed" },
		{ "\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"crv\":\"Ed25519\","
		    "\"x\":\"AQAB\"", "malformed" },
		{ "\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"crv\":\"X25519\","
		    "\"x\":\"" ZEROS_32 "\"",
		    "malformed" },
		{ "\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"crv\":\"P-256\","
		    "\"x\":\"AQAB\"", "malformed" }
	};
	struct conf_issuer issuer = issuer_make("");
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		issuer.jwks = file_text(arena_printf(&tokens_arena,
		    "{\"keys\":[{%s}]}", cases[i].members));
		check_load(arena_printf(&tokens_arena, "case %zu", i), &issuer,
		    -1, cases[i].text);
	}
}

static void
test_sources_together(void **state)
{
	struct conf_issuer issuer = issuer_make("RS256");

	(void)state;
	issuer.key = file_text(key_pem(key_get("RSA"), 0));
	issuer.jwks = file_text("{\"keys\":[{\"kid\":\"a\"," HS256 OCT "}]}");
	check_load("file and set", &issuer, 2, NULL);
	issuer.key_id = arena_strdup(&tokens_arena, "a");
	/* The algorithm tells them apart. */
	check_load("the same kid", &issuer, 2, NULL);
	issuer.key_id = arena_strdup(&tokens_arena, "b");
	check_load("another kid", &issuer, 2, NULL);
	issuer.secret_file = file_text(SECRET_32);
	check_load("one algorithm for both", &issuer, -1, "does not fit RS256");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_key_files),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_secret_bytes),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_set_odd),
		cmocka_unit_test(test_set_keys),
		cmocka_unit_test(test_set_malformed),
		cmocka_unit_test(test_sources_together)
	};

	return cmocka_run_group_tests(tests, NULL, tokens_release);
}
