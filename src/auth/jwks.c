/* SPDX-License-Identifier: ISC */
/* Key files: reads PEM files, secrets and JWK sets, and decodes base64url. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/jwks.h"
#include "base/jsn.h"
#include "base/mem.h"

#define POINT_MAX (1 + 2 * 66)		/* uncompressed, on P-521 */
#define FILE_SIZE_MAX JSN_TREE_SIZE

ssize_t
base64url_decode(const char *s, size_t n, unsigned char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *digit;
	unsigned bits = 0, have = 0;
	ssize_t len = 0;

	if (n % 4 == 1)
		return -1;
	for (; n > 0; n--, s++) {
		digit = memchr(alphabet, *s, sizeof(alphabet) - 1);
		if (digit == NULL)
			return -1;
		bits = (bits << 6 | (unsigned)(digit - alphabet)) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[len++] = (unsigned char)(bits >> have);
		}
	}
	return (bits & ((1u << have) - 1)) == 0 ? len : -1;
}

int
jwk_read_file(const char *path, struct buf *out, struct err *err)
{
	FILE *f;
	int rc = -1;

	if ((f = fopen(path, "re")) == NULL)
		return err_set(err, ERR_CONFIG, "%s: %s", path,
		    strerror(errno));
	while (!feof(f) && !ferror(f) && out->len <= FILE_SIZE_MAX)
		out->len += fread(buf_reserve(out, BUFSIZ), 1, BUFSIZ, f);
	if (ferror(f))
		err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
	else if (out->len == 0)
		err_set(err, ERR_CONFIG, "%s: the file is empty", path);
	else if (out->len > FILE_SIZE_MAX)
		err_set(err, ERR_CONFIG, "%s: the file is too large", path);
	else
		rc = 0;
	fclose(f);
	return rc;
}

int
jwk_read_secret(const char *path, struct buf *out, struct err *err)
{
	if (jwk_read_file(path, out, err) < 0)
		return -1;
	if (out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	return 0;
}

static struct jwk *
jwk_add(struct jwk_set *set)
{
	struct jwk *jwk;

	set->keys = mem_resize(set->keys,
	    (set->n + 1) * sizeof(*set->keys));
	jwk = &set->keys[set->n++];
	memset(jwk, 0, sizeof(*jwk));
	return jwk;
}

static void
jwk_release(struct jwk *jwk)
{
	free(jwk->kid);
	EVP_PKEY_free(jwk->key);
	if (jwk->secret != NULL)
		explicit_bzero(jwk->secret, jwk->secret_len);
	free(jwk->secret);
}

static int
load_pem(const struct conf_issuer *issuer, struct jwk_set *set,
    struct err *err)
{
	struct jwk *jwk = jwk_add(set);
	struct buf pem;
	BIO *bio;
	int rc = -1;

	buf_init(&pem);
	if (jwk_read_file(issuer->key, &pem, err) < 0)
		goto out;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	/* The empty passphrase keeps OpenSSL from prompting for one. */
	if (bio != NULL)
		jwk->key = PEM_read_bio_PUBKEY(bio, NULL, NULL, (void *)"");
	BIO_free(bio);
	if (jwk->key == NULL)
		err_set(err, ERR_CONFIG, "%s: no public key in PEM form",
		    issuer->key);
	else if (jwk_pin(jwk, issuer->algorithm, err) < 0)
		err_prefix(err, "%s", issuer->key);
	else
		rc = 0;
	if (*issuer->key_id != '\0')
		jwk->kid = mem_strdup(issuer->key_id);
out:
	buf_release(&pem);
	return rc;
}

static int
load_secret(const struct conf_issuer *issuer, struct jwk_set *set,
    struct err *err)
{
	struct jwk *jwk = jwk_add(set);
	struct buf secret;
	int rc;

	buf_init(&secret);
	rc = jwk_read_secret(issuer->secret_file, &secret, err);
	jwk->secret_len = secret.len;
	jwk->secret = (unsigned char *)buf_detach(&secret);
	if (*issuer->key_id != '\0')
		jwk->kid = mem_strdup(issuer->key_id);
	if (rc == 0 && (rc = jwk_pin(jwk, issuer->algorithm, err)) < 0)
		err_prefix(err, "%s", issuer->secret_file);
	return rc;
}

/* Decodes a member from base64url, and terminates it; the caller frees it with
 * free(3).  NULL if it is missing or malformed. */
static unsigned char *
member_bytes(const struct jsn *json, const char *name, size_t *len)
{
	const char *text = jsn_string(jsn_get(json, name));
	unsigned char *bytes;
	ssize_t n;

	if (text == NULL || *text == '\0')
		return NULL;
	bytes = mem_alloc(strlen(text) + 1);
	if ((n = base64url_decode(text, strlen(text), bytes)) < 0) {
		free(bytes);
		return NULL;
	}
	bytes[n] = '\0';
	*len = (size_t)n;
	return bytes;
}

static void
read_oct(const struct jsn *json, struct jwk *jwk)
{
	jwk->secret = member_bytes(json, "k", &jwk->secret_len);
}

static EVP_PKEY *
key_build(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
read_rsa(const struct jsn *json, struct jwk *jwk)
{
	unsigned char *n, *e;
	size_t n_len = 0, e_len = 0;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *bn_n = NULL, *bn_e = NULL;

	n = member_bytes(json, "n", &n_len);
	e = member_bytes(json, "e", &e_len);
	if (bld == NULL || n == NULL || e == NULL)
		goto out;
	bn_n = BN_bin2bn(n, (int)n_len, NULL);
	bn_e = BN_bin2bn(e, (int)e_len, NULL);
	if (bn_n != NULL && bn_e != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		jwk->key = key_build("RSA", params);
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(bn_n);
	BN_free(bn_e);
	free(n);
	free(e);
}

static void
read_ec(const struct jsn *json, struct jwk *jwk)
{
	const char *crv = jsn_string(jsn_get(json, "crv"));
	unsigned char point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	unsigned char *x, *y;
	size_t size = 0, x_len = 0, y_len = 0;
	OSSL_PARAM params[3];
	int type = EVP_PKEY_NONE;

	x = member_bytes(json, "x", &x_len);
	y = member_bytes(json, "y", &y_len);
	if (crv == NULL || !jwk_curve(crv, &type, &size) ||
	    type != EVP_PKEY_EC || x == NULL || y == NULL || x_len != size ||
	    y_len != size)
		goto out;
	memcpy(point + 1, x, size);
	memcpy(point + 1 + size, y, size);
	/* OpenSSL only reads the name, but its type is not const. */
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)crv, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    point, 1 + 2 * size);
	params[2] = OSSL_PARAM_construct_end();
	jwk->key = key_build("EC", params);
out:
	free(x);
	free(y);
}

static void
read_okp(const struct jsn *json, struct jwk *jwk)
{
	const char *crv = jsn_string(jsn_get(json, "crv"));
	unsigned char *x;
	size_t size, len = 0;
	int type;

	x = member_bytes(json, "x", &len);
	if (crv != NULL && jwk_curve(crv, &type, &size) &&
	    type != EVP_PKEY_EC && x != NULL)
		jwk->key = EVP_PKEY_new_raw_public_key(type, NULL, x, len);
	free(x);
}

static const struct jwk_kind {
	const char *kty;
	void (*read)(const struct jsn *, struct jwk *);
} kinds[] = {
	{ "RSA", read_rsa },
	{ "EC", read_ec },
	{ "OKP", read_okp },
	{ "oct", read_oct },
	{ NULL, NULL }
};

static const struct jwk_kind *
kind_find(const struct jsn *json)
{
	const char *kty = jsn_string(jsn_get(json, "kty"));
	const struct jwk_kind *k;

	for (k = kinds; kty != NULL && k->kty != NULL; k++)
		if (strcmp(k->kty, kty) == 0)
			return k;
	return NULL;
}

static bool
is_for_verifying(const struct jsn *json)
{
	const struct jsn *use = jsn_get(json, "use");
	const struct jsn *ops = jsn_get(json, "key_ops");
	const char *text = jsn_string(use);
	size_t i;

	if (use != NULL && (text == NULL || strcmp(text, "sig") != 0))
		return false;
	if (ops == NULL)
		return true;
	for (i = 0; jsn_type(ops) == JSN_ARRAY && i < jsn_length(ops); i++) {
		text = jsn_string(jsn_at(ops, i));
		if (text != NULL && strcmp(text, "verify") == 0)
			return true;
	}
	return false;
}

/* -1 and the reason if a key of a set has another purpose than signatures that
 * Creel knows. */
static int
purpose_check(const struct jsn *json, struct err *err)
{
	const struct jsn *alg = jsn_get(json, "alg");

	if (jsn_type(json) != JSN_OBJECT || kind_find(json) == NULL)
		return err_set(err, ERR_CONFIG, "unknown kty");
	if (!is_for_verifying(json))
		return err_set(err, ERR_CONFIG, "not for signatures");
	if (alg != NULL && (jsn_string(alg) == NULL ||
	    !jwk_alg_is_known(jsn_string(alg))))
		return err_set(err, ERR_CONFIG, "unknown alg");
	return 0;
}

static int
jwk_parse(const struct jsn *json, const char *algorithm, struct jwk *jwk,
    struct err *err)
{
	const struct jsn *kid = jsn_get(json, "kid");
	const char *alg = jsn_string(jsn_get(json, "alg"));

	if (kid != NULL) {
		if (jsn_string(kid) == NULL ||
		    strlen(jsn_string(kid)) > JWK_KID_MAX)
			return err_set(err, ERR_CONFIG,
			    "kid is not a string of at most %d bytes",
			    JWK_KID_MAX);
		jwk->kid = mem_strdup(jsn_string(kid));
	}
	kind_find(json)->read(json, jwk);
	if (jwk->key == NULL && jwk->secret == NULL)
		return err_set(err, ERR_CONFIG,
		    "the key is incomplete or malformed");
	return jwk_pin(jwk, alg != NULL ? alg : algorithm, err);
}

/* With the same kid and alg, a token would not select one of two keys. */
static int
kid_check(const struct jwk_set *set, const struct jwk *jwk, struct err *err)
{
	size_t i;

	for (i = 0; jwk->kid != NULL && i < set->n; i++)
		if (&set->keys[i] != jwk && set->keys[i].kid != NULL &&
		    strcmp(set->keys[i].kid, jwk->kid) == 0 &&
		    set->keys[i].alg == jwk->alg)
			return err_set(err, ERR_CONFIG,
			    "an earlier key has the same kid and alg");
	return 0;
}

/* Adds a key of a set; -1 and the reason if it is not usable. */
static int
set_add(struct jwk_set *set, const struct jsn *json, const char *algorithm,
    struct err *err)
{
	struct jwk *jwk;

	if (purpose_check(json, err) < 0)
		return -1;
	jwk = jwk_add(set);
	if (jwk_parse(json, algorithm, jwk, err) == 0 &&
	    kid_check(set, jwk, err) == 0)
		return 0;
	jwk_release(jwk);
	set->n--;
	ERR_clear_error();
	return -1;
}

static void
set_skip(struct jwk_set *set, const char *file, const struct jsn *json,
    size_t i, const char *reason)
{
	const char *kid = jsn_string(jsn_get(json, "kid"));
	struct buf text;

	buf_init(&text);
	buf_printf(&text, "%s: key %zu", file, i + 1);
	if (kid != NULL)
		buf_printf(&text, " (kid %.*s)", JWK_KID_MAX, kid);
	buf_printf(&text, ": skipped: %s", reason);
	set->skipped = mem_resize(set->skipped,
	    (set->n_skipped + 1) * sizeof(*set->skipped));
	set->skipped[set->n_skipped++] = buf_detach(&text);
}

static int
set_parse(const struct jsn *json, const struct conf_issuer *issuer,
    struct jwk_set *set, struct err *err)
{
	const struct jsn *keys = jsn_get(json, "keys");
	size_t i, before = set->n;
	struct err why;

	if (jsn_type(json) != JSN_OBJECT || jsn_type(keys) != JSN_ARRAY)
		return err_set(err, ERR_CONFIG, "%s: not a JWK set",
		    issuer->jwks);
	for (i = 0; i < jsn_length(keys); i++)
		if (set_add(set, jsn_at(keys, i), issuer->algorithm, &why) < 0)
			set_skip(set, issuer->jwks, jsn_at(keys, i), i,
			    why.text);
	if (set->n > before)
		return 0;
	return err_set(err, ERR_CONFIG, "no usable key: %s",
	    set->n_skipped == 0 ? issuer->jwks : set->skipped[0]);
}

static int
load_set(const struct conf_issuer *issuer, struct jwk_set *set,
    struct err *err)
{
	struct jsn *json = NULL;
	struct buf text;
	int rc = -1;

	buf_init(&text);
	if (jwk_read_file(issuer->jwks, &text, err) < 0)
		goto out;
	if (jsn_parse(text.data, text.len, &json, err) < 0)
		/* The error of jsn_parse() may contain part of the file. */
		err_set(err, ERR_CONFIG, "%s: not JSON, or an object with a "
		    "duplicate name", issuer->jwks);
	else
		rc = set_parse(json, issuer, set, err);
out:
	jsn_free(&json);
	explicit_bzero(text.data, text.len);
	buf_release(&text);
	return rc;
}

int
jwks_load(const struct conf_issuer *issuer, struct jwk_set *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (*issuer->key != '\0' && load_pem(issuer, out, err) < 0)
		goto fail;
	if (*issuer->secret_file != '\0' && load_secret(issuer, out, err) < 0)
		goto fail;
	if (*issuer->jwks != '\0' && load_set(issuer, out, err) < 0)
		goto fail;
	if (out->n > 0)
		return 0;
	err_set(err, ERR_CONFIG,
	    "one of key, secret_file and jwks is required");
fail:
	ERR_clear_error();
	jwks_release(out);
	return -1;
}

void
jwks_release(struct jwk_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		jwk_release(&set->keys[i]);
	free(set->keys);
	for (i = 0; i < set->n_skipped; i++)
		free(set->skipped[i]);
	free(set->skipped);
	memset(set, 0, sizeof(*set));
}
