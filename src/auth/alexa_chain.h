/* SPDX-License-Identifier: ISC */
/*
 * Certificate chains that sign Alexa's requests: PEM, the signing certificate
 * first (Alexa Skills Kit, "Host a Custom Skill as a Web Service").
 */
#ifndef CREEL_AUTH_ALEXA_CHAIN_H
#define CREEL_AUTH_ALEXA_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define ALEXA_CHAIN_MAX 8	/* certificates */

struct evp_pkey_st;
struct x509_store_st;

struct alexa_chain {
	struct evp_pkey_st *key;	/* of the signing certificate */
	int64_t expires;		/* first expiry in the chain, seconds
					 * since 1970 */
};

/* Loads the trusted roots from a PEM file, or the system's ("").  The caller
 * frees *out with alexa_roots_free().  -1 with ERR_CONFIG. */
int alexa_roots_load(const char *file, struct x509_store_st **out,
    struct err *);
void alexa_roots_free(struct x509_store_st **);

/*
 * Reads a chain and checks, for the time now (seconds since 1970), that:
 * - the PEM holds 1 to ALEXA_CHAIN_MAX certificates and nothing else;
 * - the chain leads to one of the roots, each certificate is within its dates,
 *   and no key or signature is weaker than 112 bits;
 * - the signing certificate is for echo-api.amazon.com (a subjectAltName, no
 *   wildcard), and its key is RSA.
 * The caller frees out->key with EVP_PKEY_free().  -1 with ERR_BAD_REQUEST and
 * a text that names the failed check, or ERR_INTERNAL.
 */
int alexa_chain_read(const char *pem, size_t len, struct x509_store_st *roots,
    int64_t now, struct alexa_chain *out, struct err *);

#endif
