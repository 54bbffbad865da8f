/* SPDX-License-Identifier: ISC */
/*
 * Verification keys: read from PEM files, secrets and JWKS files (RFC 7517),
 * each pinned to one algorithm, and checked when they are loaded.
 */
#ifndef CREEL_AUTH_JWKS_H
#define CREEL_AUTH_JWKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/fail.h"

#define JWK_KID_MAX 128	/* bytes */

struct evp_pkey_st;
struct jwk_alg;			/* a row of the table of algorithms */

struct jwk {
	const struct jwk_alg *alg;
	char *kid;		/* NULL: only for tokens without one */
	struct evp_pkey_st *key;	/* NULL for HS* */
	unsigned char *secret;	/* HS* */
	size_t secret_len;
};

/* The keys of an issuer. */
struct jwk_set {
	struct jwk *keys;
	size_t n;
	char **skipped;		/* a text for each key that is not used: the
				 * file, its number from 1, its kid, and why */
	size_t n_skipped;
};

/*
 * Loads the keys of an issuer; the caller releases out with jwks_release().
 * -1 with ERR_CONFIG: no usable key, an empty or unreadable file.  A key is not
 * usable if it is an RSA key under 2048 bits, not on the curve of its
 * algorithm, an HMAC secret that is shorter than its hash or looks like PEM, or
 * without alg if the issuer has no algorithm (RFC 8725 sections 3.1, 3.5); in a
 * set also if it is not for signatures, or if an earlier key has its kid and
 * alg.  Such a key of a set is skipped (RFC 7517 section 5).
 */
int jwks_load(const struct conf_issuer *, struct jwk_set *out, struct err *);
void jwks_release(struct jwk_set *);

/* Returns the name of an algorithm: "ES256". */
const char *jwk_alg_name(const struct jwk_alg *);
bool jwk_alg_is_known(const char *name);
/* Sets the EVP_PKEY_* type, and the size of a coordinate in bytes, of keys on a
 * curve ("P-256", "Ed25519"); false if the curve is unknown. */
bool jwk_curve(const char *name, int *type, size_t *size);
/* Pins a key to the algorithm with this name, and checks that it is suitable
 * and strong enough.  -1 with ERR_CONFIG. */
int jwk_pin(struct jwk *, const char *algorithm, struct err *);
/* Returns whether sig is a valid signature of len bytes of data. */
bool jwk_verify(const struct jwk *, const unsigned char *data, size_t len,
    const unsigned char *sig, size_t sig_len);

/* Reads a key file into out, which the caller releases in any case.  -1 with
 * ERR_CONFIG if it is unreadable, empty or larger than JSN_TREE_SIZE bytes. */
int jwk_read_file(const char *path, struct buf *out, struct err *);
/* The same for a secret; removes one newline at its end. */
int jwk_read_secret(const char *path, struct buf *out, struct err *);

/* Decodes n characters of base64url; out has room for n bytes.  Returns the
 * length, or -1 for text that no encoder writes: padding, other characters,
 * unused bits that are set. */
ssize_t base64url_decode(const char *, size_t n, unsigned char *out);

#endif
