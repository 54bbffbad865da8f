/* SPDX-License-Identifier: ISC */
/* Keys, key files and tokens for tests, all created while they run. */
#ifndef CREEL_TESTS_UNIT_TOKENS_H
#define CREEL_TESTS_UNIT_TOKENS_H

#include <openssl/evp.h>

#include <stdbool.h>
#include <stddef.h>

#include "auth/auth_jwt.h"
#include "base/arena.h"
#include "base/conf.h"

/* Owns the texts that the functions below return.  tokens_release(), for the
 * end of all tests, frees them and the keys, and removes the files. */
extern struct arena tokens_arena;
int tokens_release(void **state);

#define APP_A "00000000000000000000000a"
#define APP_B "00000000000000000000000b"

/* Claims of a token that issuer_make()'s issuer accepts at TOKENS_NOW. */
#define TOKENS_NOW 2000000000
#define PARTIES "\"iss\":\"https://a.test\",\"aud\":\"creel\""
#define TIMES "\"exp\":2000000060"
#define CLAIMS PARTIES "," TIMES

/* Secrets that are long enough for HS256, and for any algorithm. */
#define SECRET_32 "0123456789abcdef0123456789abcdef"
#define SECRET_64 SECRET_32 SECRET_32

/* Returns the key of a kind: "RSA", "RSA-1024", "P-256", ..., "secp256k1",
 * "Ed25519", "Ed448" or "X25519"; each has a second key, "RSA/2" and so on. */
EVP_PKEY *key_get(const char *kind);
/* Returns a secret as a key for token_make(); EVP_PKEY_free() frees it. */
EVP_PKEY *key_secret(const char *secret, size_t len);
char *key_pem(EVP_PKEY *, int private);
/* Returns the public key as a JWK that begins with more: "\"kid\":\"a\"," */
char *key_jwk(EVP_PKEY *, const char *more);

/* Write a text to a new file, and return its path. */
char *file_make(const char *text, size_t len);
char *file_text(const char *text);

/* Returns an issuer without keys: iss "https://a.test", aud "creel". */
struct conf_issuer issuer_make(const char *algorithm);

char *base64url(const void *, size_t len);
char *text_repeat(char, size_t n);
/* Returns header and payload, signed with alg even if header names another. */
char *token_make(const char *alg, EVP_PKEY *, const char *header,
    const char *payload);
/* Returns header.payload of a token with another signature. */
char *token_resign(const char *token, const unsigned char *sig, size_t len);
/* Returns the length of a signature as in a JWT; of ECDSA r and s, or OpenSSL's
 * DER. */
size_t signature_make(const char *alg, EVP_PKEY *, const char *text,
    unsigned char *out, size_t size, int der);

/* The trusted issuers: issuers_set() sets one or two, issuer_set() one with the
 * public key of a kind. */
extern struct conf tokens_conf;
extern struct jwt_issuers *issuers;
void issuers_set(const struct conf_issuer *, const struct conf_issuer *second);
void issuer_set(const char *alg, const char *kind);
/* Returns whether a token is valid at TOKENS_NOW.  Fails the test if it is
 * rejected for another reason than this one; NULL: any reason will do. */
bool is_valid(const char *token, const char *reason);
/* The same for a token that is signed with key_get("Ed25519"). */
bool is_valid_ed(const char *header, const char *payload, const char *reason);

#endif
