/* SPDX-License-Identifier: ISC */
/*
 * Verification keys: from PEM files, secrets and JWKS files (RFC 7517), each
 * pinned to one algorithm and checked when it is loaded.
 */
#ifndef CREEL_AUTH_JWKS_H
#define CREEL_AUTH_JWKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/fail.h"

#define JWK_KID_MAX 128

struct evp_pkey_st;
struct jwk_alg;			/* a row of the table of algorithms */

struct jwk {
	const struct jwk_alg *alg;
	char *kid;		/* NULL: only for tokens without one */
	struct evp_pkey_st *key;	/* NULL for HS* */
	unsigned char *secret;	/* HS* */
	size_t secret_len;
};

/*
 * The keys of an issuer; *out and its keys are freed with jwks_free().  -1
 * with ERR_CONFIG: no key at all, a file that is empty or unreadable, RSA
 * under 2048 bits, a curve that is not the algorithm's, an HMAC secret shorter
 * than its hash or that looks like PEM, a JWK without alg where the issuer
 * names none (RFC 8725 sections 3.1, 3.5).
 */
int jwks_load(const struct conf_issuer *, struct jwk **out, size_t *n,
    struct err *);
void jwks_free(struct jwk **, size_t n);

/* "ES256"; the row's name. */
const char *jwk_alg_name(const struct jwk_alg *);
bool jwk_alg_is_known(const char *name);
/* What a curve ("P-256", "Ed25519") makes of a key: its EVP_PKEY_* type, and
 * the size of a coordinate. */
bool jwk_curve(const char *name, int *type, size_t *size);
/* Ties a key to the algorithm with this name, for which it must be good: -1
 * with ERR_CONFIG. */
int jwk_pin(struct jwk *, const char *algorithm, struct err *);
/* Whether sig signs the len bytes of data under key. */
bool jwk_verify(const struct jwk *, const unsigned char *data, size_t len,
    const unsigned char *sig, size_t sig_len);

/* Reads a file of keys into out (the caller releases it in any case).  -1 with
 * ERR_CONFIG for one that is unreadable, empty or larger than a megabyte. */
int jwk_read_file(const char *path, struct buf *out, struct err *);
/* The same for a secret: without the newline at its end. */
int jwk_read_secret(const char *path, struct buf *out, struct err *);

/* Decodes n characters of base64url; out has room for n bytes.  Gives the
 * length, or -1 for all that an encoder would not have written: padding, other
 * characters, set bits that nothing uses. */
ssize_t base64url_decode(const char *, size_t n, unsigned char *out);

#endif
