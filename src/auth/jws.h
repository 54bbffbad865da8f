/* SPDX-License-Identifier: ISC */
/* Signatures in compact form (RFC 7515) with OpenSSL: for tokens with a typ
 * that libjwt cannot set. */
#ifndef CREEL_AUTH_JWS_H
#define CREEL_AUTH_JWS_H

#include "base/buf.h"

/*
 * Signs a JSON header and payload with an HS*, RS* or ES* algorithm and its
 * key: the bytes of a secret, or a private key in PEM.  The caller frees *out
 * with free(3).  -1 if the key does not fit the algorithm.
 */
int jws_sign(const char *algorithm, const struct buf *key, const char *header,
    const char *payload, char **out);

#endif
