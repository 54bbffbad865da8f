/* SPDX-License-Identifier: ISC */
/* JSON Web Keys: ties a key to its algorithm, and verifies signatures with
 * it. */
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include <string.h>

#include "auth/jwks.h"

#define RSA_BITS_MIN 2048

struct jwk_alg {
	const char *name;
	int type;			/* EVP_PKEY_* */
	const EVP_MD *(*digest)(void);	/* NULL: part of the algorithm */
	const char *curve;		/* its name in a JWK */
	size_t size;			/* of a signature; 0: as the modulus */
	bool pss;
};

static const struct jwk_alg algs[] = {
	{ "HS256", EVP_PKEY_HMAC, EVP_sha256, NULL, 32, false },
	{ "HS384", EVP_PKEY_HMAC, EVP_sha384, NULL, 48, false },
	{ "HS512", EVP_PKEY_HMAC, EVP_sha512, NULL, 64, false },
	{ "RS256", EVP_PKEY_RSA, EVP_sha256, NULL, 0, false },
	{ "RS384", EVP_PKEY_RSA, EVP_sha384, NULL, 0, false },
	{ "RS512", EVP_PKEY_RSA, EVP_sha512, NULL, 0, false },
	{ "PS256", EVP_PKEY_RSA, EVP_sha256, NULL, 0, true },
	{ "PS384", EVP_PKEY_RSA, EVP_sha384, NULL, 0, true },
	{ "PS512", EVP_PKEY_RSA, EVP_sha512, NULL, 0, true },
	{ "ES256", EVP_PKEY_EC, EVP_sha256, "P-256", 64, false },
	{ "ES384", EVP_PKEY_EC, EVP_sha384, "P-384", 96, false },
	{ "ES512", EVP_PKEY_EC, EVP_sha512, "P-521", 132, false },
	{ "EdDSA", EVP_PKEY_ED25519, NULL, "Ed25519", 64, false },
	{ "EdDSA", EVP_PKEY_ED448, NULL, "Ed448", 114, false },
	{ NULL, EVP_PKEY_NONE, NULL, NULL, 0, false }
};

const char *
jwk_alg_name(const struct jwk_alg *alg)
{
	return alg->name;
}

bool
jwk_alg_is_known(const char *name)
{
	const struct jwk_alg *a;

	for (a = algs; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return true;
	return false;
}

bool
jwk_curve(const char *name, int *type, size_t *size)
{
	const struct jwk_alg *a;

	for (a = algs; a->name != NULL; a++) {
		if (a->curve == NULL || strcmp(a->curve, name) != 0)
			continue;
		*type = a->type;
		*size = a->size / 2;
		return true;
	}
	return false;
}

static bool
alg_suits(const struct jwk_alg *alg, const struct jwk *jwk)
{
	char group[64];

	if (alg->type == EVP_PKEY_HMAC || jwk->key == NULL)
		return alg->type == EVP_PKEY_HMAC && jwk->key == NULL;
	if (EVP_PKEY_get_base_id(jwk->key) != alg->type)
		return false;
	if (alg->type != EVP_PKEY_EC)
		return true;
	return EVP_PKEY_get_group_name(jwk->key, group, sizeof(group),
	    NULL) == 1 && OBJ_sn2nid(group) == EC_curve_nist2nid(alg->curve);
}

static bool
key_is_valid(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool valid = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return valid;
}

static int
secret_check(const struct jwk *jwk, struct err *err)
{
	/* A public key must not be used as an HMAC secret. */
	if (strstr((const char *)jwk->secret, "-----BEGIN") != NULL)
		return err_set(err, ERR_CONFIG,
		    "the secret of %s must not be a PEM file", jwk->alg->name);
	if (jwk->secret_len < jwk->alg->size)
		return err_set(err, ERR_CONFIG,
		    "the secret of %s must have at least %zu bytes",
		    jwk->alg->name, jwk->alg->size);
	return 0;
}

int
jwk_pin(struct jwk *jwk, const char *name, struct err *err)
{
	const struct jwk_alg *a;

	if (*name == '\0')
		return err_set(err, ERR_CONFIG, "algorithm is missing");
	if (!jwk_alg_is_known(name))
		return err_set(err, ERR_CONFIG,
		    "algorithm %s is not known", name);
	for (a = algs; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0 && alg_suits(a, jwk))
			break;
	if (a->name == NULL)
		return err_set(err, ERR_CONFIG, "the key does not fit %s",
		    name);
	jwk->alg = a;
	if (jwk->key == NULL)
		return secret_check(jwk, err);
	if (a->type == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(jwk->key) < RSA_BITS_MIN)
		return err_set(err, ERR_CONFIG,
		    "an RSA key must have at least %d bits", RSA_BITS_MIN);
	if (!key_is_valid(jwk->key))
		return err_set(err, ERR_CONFIG, "the key is not valid");
	return 0;
}

static bool
mac_verify(const struct jwk *jwk, const unsigned char *data, size_t len,
    const unsigned char *sig)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;

	return jwk->secret_len > 0 &&
	    HMAC(jwk->alg->digest(), jwk->secret, (int)jwk->secret_len, data,
	    len, mac, &mac_len) != NULL && mac_len == jwk->alg->size &&
	    CRYPTO_memcmp(mac, sig, mac_len) == 0;
}

/* Converts r and s of n bytes each to the DER form that EVP requires; the
 * caller frees *out with OPENSSL_free().  Returns its length, not positive on
 * failure. */
static int
ecdsa_der(const unsigned char *sig, size_t n, unsigned char **out)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, (int)n, NULL);
	BIGNUM *s = BN_bin2bn(sig + n, (int)n, NULL);
	int len = -1;

	if (pair == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else
		len = i2d_ECDSA_SIG(pair, out);
	ECDSA_SIG_free(pair);
	return len;
}

static bool
pss_set(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool
key_verify(const struct jwk *jwk, const unsigned char *data, size_t len,
    const unsigned char *sig, size_t sig_len)
{
	const struct jwk_alg *alg = jwk->alg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	unsigned char *der = NULL;
	int der_len;
	bool valid = false;

	if (alg->type == EVP_PKEY_EC) {
		if ((der_len = ecdsa_der(sig, sig_len / 2, &der)) <= 0)
			goto out;
		sig = der;
		sig_len = (size_t)der_len;
	}
	if (ctx == NULL || EVP_DigestVerifyInit(ctx, &pctx,
	    alg->digest == NULL ? NULL : alg->digest(), NULL, jwk->key) != 1)
		goto out;
	if (alg->pss && !pss_set(pctx))
		goto out;
	valid = EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
out:
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return valid;
}

bool
jwk_verify(const struct jwk *jwk, const unsigned char *data, size_t len,
    const unsigned char *sig, size_t sig_len)
{
	if (jwk->alg->size != 0 && sig_len != jwk->alg->size)
		return false;
	if (jwk->alg->type == EVP_PKEY_HMAC)
		return mac_verify(jwk, data, len, sig);
	return key_verify(jwk, data, len, sig, sig_len);
}
