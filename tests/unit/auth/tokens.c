/* SPDX-License-Identifier: ISC */
/* Keys, key files and tokens for tests, all created while they run. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "base/buf.h"
#include "tokens.h"

#define FILES_MAX 256
#define KEYS_MAX 32

struct arena tokens_arena = ARENA_INIT;
struct conf tokens_conf;
struct jwt_issuers *issuers;

static struct {
	char kind[32];
	EVP_PKEY *key;
} keys[KEYS_MAX];

static const char *files[FILES_MAX];
static size_t n_files;

int
tokens_release(void **state)
{
	size_t i;

	(void)state;
	jwt_issuers_free(&issuers);
	for (i = 0; i < n_files; i++)
		unlink(files[i]);
	n_files = 0;
	for (i = 0; i < KEYS_MAX; i++) {
		EVP_PKEY_free(keys[i].key);
		memset(&keys[i], 0, sizeof(keys[i]));
	}
	arena_release(&tokens_arena);
	return 0;
}

static EVP_PKEY *
key_generate(const char *kind)
{
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(kind, "/"), kind);
	if (strncmp(name, "RSA", 3) == 0)
		return EVP_RSA_gen(name[3] == '-' ? (unsigned)atoi(name + 4) :
		    2048u);
	if (name[0] == 'P' || name[0] == 's')
		return EVP_EC_gen(name);
	return EVP_PKEY_Q_keygen(NULL, NULL, name);
}

EVP_PKEY *
key_get(const char *kind)
{
	size_t i;

	for (i = 0; keys[i].key != NULL; i++)
		if (strcmp(keys[i].kind, kind) == 0)
			return keys[i].key;
	assert_true(i < KEYS_MAX - 1);
	snprintf(keys[i].kind, sizeof(keys[i].kind), "%s", kind);
	keys[i].key = key_generate(kind);
	assert_true(keys[i].key != NULL);
	return keys[i].key;
}

EVP_PKEY *
key_secret(const char *secret, size_t len)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL,
	    (const unsigned char *)secret, len);

	assert_true(key != NULL);
	return key;
}

char *
key_pem(EVP_PKEY *key, int private)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long len;
	int rc;

	rc = private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
	    NULL) : PEM_write_bio_PUBKEY(bio, key);
	assert_true(rc == 1);
	len = BIO_get_mem_data(bio, &data);
	text = arena_copy(&tokens_arena, data, (size_t)len);
	BIO_free(bio);
	return text;
}

/* Returns a number of a key in base64url, padded to size unless that is 0. */
static char *
key_number(EVP_PKEY *key, const char *name, size_t size)
{
	unsigned char bytes[1024];
	BIGNUM *n = NULL;
	char *text;
	int rc;

	rc = EVP_PKEY_get_bn_param(key, name, &n);
	assert_true(rc == 1);
	if (size == 0)
		size = (size_t)BN_num_bytes(n);
	rc = BN_bn2binpad(n, bytes, (int)size);
	assert_true(rc > 0);
	text = base64url(bytes, size);
	BN_free(n);
	return text;
}

static char *
jwk_ec(EVP_PKEY *key, const char *more)
{
	size_t size = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;

	return arena_printf(&tokens_arena,
	    "{%s\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\"}",
	    more, EVP_PKEY_get_bits(key),
	    key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, size),
	    key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size));
}

char *
key_jwk(EVP_PKEY *key, const char *more)
{
	unsigned char raw[64];
	size_t len = sizeof(raw);
	int rc;

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return arena_printf(&tokens_arena,
		    "{%s\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", more,
		    key_number(key, OSSL_PKEY_PARAM_RSA_N, 0),
		    key_number(key, OSSL_PKEY_PARAM_RSA_E, 0));
	case EVP_PKEY_EC:
		return jwk_ec(key, more);
	default:
		rc = EVP_PKEY_get_raw_public_key(key, raw, &len);
		assert_true(rc == 1);
		return arena_printf(&tokens_arena,
		    "{%s\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"}", more,
		    len == 32 ? "Ed25519" : "Ed448", base64url(raw, len));
	}
}

char *
file_make(const char *text, size_t len)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	ssize_t put;
	int fd;

	path = arena_printf(&tokens_arena, "%s/creel-test-XXXXXX",
	    dir != NULL ? dir : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0 && n_files < FILES_MAX);
	files[n_files++] = path;
	put = write(fd, text, len);
	assert_true(put == (ssize_t)len);
	close(fd);
	return path;
}

char *
file_text(const char *text)
{
	return file_make(text, strlen(text));
}

struct conf_issuer
issuer_make(const char *algorithm)
{
	static char empty[] = "";
	struct conf_issuer i = {
		.name = arena_strdup(&tokens_arena, "a"),
		.issuer = arena_strdup(&tokens_arena, "https://a.test"),
		.audience = arena_strdup(&tokens_arena, "creel"),
		.algorithm = arena_strdup(&tokens_arena, algorithm),
		.key = empty, .secret_file = empty, .jwks = empty,
		.key_id = empty, .signing_key = empty,
		.types = arena_strdup(&tokens_arena, "JWT at+jwt -"),
		.applications_claim = arena_strdup(&tokens_arena,
		    "applications"),
		.organization_claim = arena_strdup(&tokens_arena,
		    "organization"),
		.scopes_claim = arena_strdup(&tokens_arena, "scope"),
		.leeway = 30
	};

	return i;
}

char *
base64url(const void *p, size_t len)
{
	char *text = arena_alloc(&tokens_arena, len * 2 + 8);
	char *c;

	EVP_EncodeBlock((unsigned char *)text, p, (int)len);
	text[strcspn(text, "=")] = '\0';
	for (c = text; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return text;
}

/* Replaces a DER signature of ECDSA with r and s of size bytes each. */
static size_t
signature_flatten(unsigned char *sig, size_t len, size_t size)
{
	const unsigned char *der = sig;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	const BIGNUM *r, *s;

	assert_true(pair != NULL);
	ECDSA_SIG_get0(pair, &r, &s);
	BN_bn2binpad(r, sig, (int)size);
	BN_bn2binpad(s, sig + size, (int)size);
	ECDSA_SIG_free(pair);
	return 2 * size;
}

size_t
signature_make(const char *alg, EVP_PKEY *key, const char *text,
    unsigned char *out, size_t size, int der)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	char digest[8];
	int rc;

	snprintf(digest, sizeof(digest), "SHA%s", alg + 2);
	rc = EVP_DigestSignInit_ex(ctx, &pctx, alg[0] == 'E' && alg[1] == 'd' ?
	    NULL : digest, NULL, NULL, key, NULL);
	assert_true(rc == 1);
	if (alg[0] == 'P') {
		EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
		rc = EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		    RSA_PSS_SALTLEN_DIGEST);
		assert_true(rc == 1);
	}
	rc = EVP_DigestSign(ctx, out, &size, (const unsigned char *)text,
	    strlen(text));
	assert_true(rc == 1);
	EVP_MD_CTX_free(ctx);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && !der)
		size = signature_flatten(out, size,
		    ((size_t)EVP_PKEY_get_bits(key) + 7) / 8);
	return size;
}

char *
token_make(const char *alg, EVP_PKEY *key, const char *header,
    const char *payload)
{
	unsigned char sig[1024];
	char *text;
	size_t len;

	text = arena_printf(&tokens_arena, "%s.%s",
	    base64url(header, strlen(header)),
	    base64url(payload, strlen(payload)));
	len = signature_make(alg, key, text, sig, sizeof(sig), 0);
	return arena_printf(&tokens_arena, "%s.%s", text, base64url(sig, len));
}

char *
token_resign(const char *token, const unsigned char *sig, size_t len)
{
	return arena_printf(&tokens_arena, "%.*s.%s",
	    (int)(strrchr(token, '.') - token), token, base64url(sig, len));
}

void
issuers_set(const struct conf_issuer *first, const struct conf_issuer *second)
{
	static struct conf_issuer rows[2];
	struct err err;

	jwt_issuers_free(&issuers);
	rows[0] = *first;
	rows[0].next = second == NULL ? NULL : &rows[1];
	if (second != NULL) {
		rows[1] = *second;
		rows[1].name = arena_strdup(&tokens_arena, "b");
	}
	tokens_conf.issuers = &rows[0];
	if (jwt_issuers_load(&tokens_conf, &issuers, &err) < 0)
		fail_msg("%s", err.text);
}

void
issuer_set(const char *alg, const char *kind)
{
	struct conf_issuer issuer = issuer_make(alg);

	issuer.key = file_text(key_pem(key_get(kind), 0));
	issuers_set(&issuer, NULL);
}

bool
is_valid(const char *token, const char *reason)
{
	struct err err = { .code = ERR_NONE };
	struct jwt_claims claims;

	if (jwt_verify(issuers, token, TOKENS_NOW, &tokens_arena, &claims,
	    &err) == 0)
		return true;
	assert_int_equal(err.code, ERR_UNAUTHORIZED);
	if (reason != NULL && strstr(err.text, reason) == NULL)
		fail_msg("rejected because \"%s\", not \"%s\"", err.text,
		    reason);
	return false;
}

bool
is_valid_ed(const char *header, const char *payload, const char *reason)
{
	return is_valid(token_make("EdDSA", key_get("Ed25519"), header,
	    payload), reason);
}

char *
text_repeat(char c, size_t n)
{
	char *text = arena_alloc(&tokens_arena, n + 1);

	memset(text, c, n);
	return text;
}
