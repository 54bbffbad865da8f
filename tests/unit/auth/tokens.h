/* SPDX-License-Identifier: ISC */
/* Keys, key files and tokens for tests, all made while they run. */
#ifndef CREEL_TESTS_UNIT_TOKENS_H
#define CREEL_TESTS_UNIT_TOKENS_H

#include <openssl/evp.h>

#include <stdbool.h>
#include <stddef.h>

#include "auth/auth_jwt.h"
#include "base/arena.h"
#include "base/conf.h"

/* Texts that the functions below return live here until tokens_release(),
 * which removes the files too. */
extern struct arena tokens_arena;
void tokens_release(void);

/* "RSA", "RSA-1024", "P-256", ..., "secp256k1", "Ed25519", "Ed448", "X25519":
 * always the same key; with "/2" behind, another one. */
EVP_PKEY *key_get(const char *kind);
/* The key of a secret, for token_make(); EVP_PKEY_free() it. */
EVP_PKEY *key_secret(const char *secret, size_t len);
char *key_pem(EVP_PKEY *, int private);
/* The public key as a JWK; more is put before its members: "\"kid\":\"a\"," */
char *key_jwk(EVP_PKEY *, const char *more);

/* The path of a new file with this text. */
char *file_make(const char *text, size_t len);
char *file_text(const char *text);

/* An issuer without keys: iss "https://a.test", aud "creel". */
struct conf_issuer issuer_make(const char *algorithm);

char *base64url(const void *, size_t len);
/* header and payload as they are, signed with alg, whatever header says. */
char *token_make(const char *alg, EVP_PKEY *, const char *header,
    const char *payload);
/* As a JWT has it; for ECDSA r and s, or DER as OpenSSL gives it. */
size_t signature_make(const char *alg, EVP_PKEY *, const char *text,
    unsigned char *out, size_t size, int der);

/* What tokens are verified with, at TOKENS_NOW, whatever the clock says: one
 * issuer or two, or one with the public key of a kind. */
#define TOKENS_NOW 2000000000
extern struct conf tokens_conf;
extern struct jwt_issuers *issuers;
void issuers_set(const struct conf_issuer *, const struct conf_issuer *second);
void issuer_set(const char *alg, const char *kind);
/* Fails the test if a refusal gives not this reason (NULL: any). */
bool is_good(const char *token, const char *reason);

#endif
