/* SPDX-License-Identifier: ISC */
/* Certificate chains of Alexa: reads and checks them. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "auth/alexa_chain.h"

#define ALEXA_NAME "echo-api.amazon.com"
#define SECURITY_LEVEL 2	/* 112 bits */

int
alexa_roots_load(const char *file, X509_STORE **out, struct err *err)
{
	X509_STORE *store = X509_STORE_new();
	int loaded;

	loaded = store != NULL && (*file != '\0' ?
	    X509_STORE_load_file(store, file) :
	    X509_STORE_set_default_paths(store));
	ERR_clear_error();
	if (!loaded) {
		X509_STORE_free(store);
		return err_set(err, ERR_CONFIG, "%s: no certificates in PEM "
		    "form", *file != '\0' ? file : "the system's roots");
	}
	*out = store;
	return 0;
}

void
alexa_roots_free(X509_STORE **store)
{
	X509_STORE_free(*store);
	*store = NULL;
}

/* Reads the next block of a PEM file.  Returns NULL at the end, and sets *bad
 * if the block is not a certificate. */
static X509 *
read_certificate(BIO *bio, bool *bad)
{
	unsigned char *data = NULL;
	const unsigned char *end;
	char *name = NULL, *header = NULL;
	X509 *x = NULL;
	long len;

	if (PEM_read_bio(bio, &name, &header, &data, &len) != 1) {
		*bad = ERR_GET_REASON(ERR_peek_last_error()) !=
		    PEM_R_NO_START_LINE;
		return NULL;
	}
	end = data;
	if (strcmp(name, PEM_STRING_X509) == 0 && *header == '\0')
		x = d2i_X509(NULL, &end, len);
	*bad = x == NULL || end != data + len;
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	return x;
}

static int
read_all(const char *pem, size_t len, STACK_OF(X509) *out, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	bool bad = bio == NULL;
	X509 *x;

	while (!bad && (x = read_certificate(bio, &bad)) != NULL)
		if (sk_X509_num(out) == ALEXA_CHAIN_MAX ||
		    sk_X509_push(out, x) == 0) {
			X509_free(x);
			bad = true;
		}
	BIO_free(bio);
	if (bad || sk_X509_num(out) == 0)
		return err_set(err, ERR_BAD_REQUEST, "the certificate chain "
		    "is not 1 to %d certificates in PEM form",
		    ALEXA_CHAIN_MAX);
	return 0;
}

/* Returns the time when the first certificate of the chain expires. */
static int64_t
expiry(const STACK_OF(X509) *chain)
{
	int64_t first = INT64_MAX, t;
	struct tm tm;
	int i;

	for (i = 0; i < sk_X509_num(chain); i++) {
		if (!ASN1_TIME_to_tm(X509_get0_notAfter(
		    sk_X509_value(chain, i)), &tm))
			return 0;
		t = timegm(&tm);
		first = t < first ? t : first;
	}
	return first;
}

static int
check_trust(STACK_OF(X509) *chain, X509_STORE *roots, int64_t now,
    int64_t *expires, struct err *err)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int rc = -1;

	if (ctx == NULL || !X509_STORE_CTX_init(ctx, roots,
	    sk_X509_value(chain, 0), chain)) {
		err_set(err, ERR_INTERNAL, "OpenSSL: no memory");
		goto out;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (X509_verify_cert(ctx) != 1) {
		err_set(err, ERR_BAD_REQUEST, "the certificate chain is not "
		    "trusted: %s", X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(ctx)));
		goto out;
	}
	*expires = expiry(X509_STORE_CTX_get0_chain(ctx));
	rc = 0;
out:
	X509_STORE_CTX_free(ctx);
	return rc;
}

static int
check_leaf(const X509 *leaf, struct err *err)
{
	/* OpenSSL only reads the certificate, but its type is not const. */
	if (X509_check_host((X509 *)(uintptr_t)leaf, ALEXA_NAME, 0,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1)
		return err_set(err, ERR_BAD_REQUEST, "the signing certificate "
		    "is not for " ALEXA_NAME);
	if (EVP_PKEY_get_base_id(X509_get0_pubkey(leaf)) != EVP_PKEY_RSA)
		return err_set(err, ERR_BAD_REQUEST,
		    "the signing certificate's key is not RSA");
	return 0;
}

int
alexa_chain_read(const char *pem, size_t len, X509_STORE *roots, int64_t now,
    struct alexa_chain *out, struct err *err)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *leaf;
	int rc = -1;

	if (chain == NULL) {
		err_set(err, ERR_INTERNAL, "OpenSSL: no memory");
		goto out;
	}
	if (read_all(pem, len, chain, err) < 0 ||
	    check_trust(chain, roots, now, &out->expires, err) < 0)
		goto out;
	leaf = sk_X509_value(chain, 0);
	if (check_leaf(leaf, err) < 0)
		goto out;
	out->key = X509_get_pubkey(leaf);
	rc = 0;
out:
	sk_X509_pop_free(chain, X509_free);
	ERR_clear_error();
	return rc;
}
