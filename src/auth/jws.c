/* SPDX-License-Identifier: ISC */
/* JSON Web Signatures: signs a token with HMAC, RSA or ECDSA. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <string.h>

#include "auth/jws.h"

static void
put_base64url(struct buf *out, const char *p, size_t n)
{
	char *to = buf_reserve(out, 4 * ((n + 2) / 3) + 1);
	int len = EVP_EncodeBlock((unsigned char *)to,
	    (const unsigned char *)p, (int)n);

	for (; len > 0 && to[len - 1] == '='; len--)
		continue;
	out->len += (size_t)len;
	out->data[out->len] = '\0';
	for (; *to != '\0'; to++)
		*to = *to == '+' ? '-' : *to == '/' ? '_' : *to;
}

static int
hmac_sign(const EVP_MD *digest, const struct buf *key, const struct buf *text,
    struct buf *out)
{
	unsigned char *sig = (unsigned char *)buf_reserve(out,
	    EVP_MAX_MD_SIZE);
	unsigned len = 0;

	if (HMAC(digest, key->data, (int)key->len,
	    (const unsigned char *)text->data, text->len, sig, &len) == NULL)
		return -1;
	out->len += len;
	return 0;
}

/* Converts a signature from ASN.1 to its two numbers, concatenated
 * (RFC 7518 section 3.4). */
static int
ecdsa_convert(const EVP_PKEY *key, struct buf *sig)
{
	const unsigned char *der = (const unsigned char *)sig->data;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)sig->len);
	int size = (EVP_PKEY_get_bits(key) + 7) / 8, rc = -1;
	unsigned char *to;

	if (pair != NULL) {
		sig->len = 0;
		to = (unsigned char *)buf_reserve(sig, 2 * (size_t)size);
		if (BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, size) == size &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + size,
		    size) == size)
			rc = 0;
		sig->len = 2 * (size_t)size;
	}
	ECDSA_SIG_free(pair);
	return rc;
}

static int
key_sign(const EVP_MD *digest, const struct buf *key, const struct buf *text,
    struct buf *out)
{
	BIO *bio = BIO_new_mem_buf(key->data, (int)key->len);
	EVP_PKEY *pkey = bio == NULL ? NULL :
	    PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = pkey == NULL ? 0 : (size_t)EVP_PKEY_get_size(pkey);
	int rc = -1;

	if (pkey != NULL && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, digest, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, (unsigned char *)buf_reserve(out, len), &len,
	    (const unsigned char *)text->data, text->len) == 1) {
		out->len += len;
		rc = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC ?
		    ecdsa_convert(pkey, out) : 0;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

int
jws_sign(const char *algorithm, const struct buf *key, const char *header,
    const char *payload, char **out)
{
	static const struct {
		const char *bits;
		const EVP_MD *(*digest)(void);
	} digests[] = {
		{ "256", EVP_sha256 }, { "384", EVP_sha384 },
		{ "512", EVP_sha512 }
	};
	struct buf text, sig;
	size_t i;
	int rc = -1;

	buf_init(&text);
	buf_init(&sig);
	put_base64url(&text, header, strlen(header));
	buf_addch(&text, '.');
	put_base64url(&text, payload, strlen(payload));
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (strcmp(algorithm + 2, digests[i].bits) == 0)
			rc = (*algorithm == 'H' ? hmac_sign : key_sign)(
			    digests[i].digest(), key, &text, &sig);
	if (rc == 0) {
		buf_addch(&text, '.');
		put_base64url(&text, sig.data, sig.len);
		*out = buf_detach(&text);
	}
	buf_release(&sig);
	buf_release(&text);
	return rc;
}
