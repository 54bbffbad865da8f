/* SPDX-License-Identifier: ISC */
/* Signatures in compact form (RFC 7515) by OpenSSL: for the tokens whose type
 * libjwt cannot write. */
#ifndef CREEL_AUTH_JWS_H
#define CREEL_AUTH_JWS_H

#include "base/buf.h"

/*
 * Signs a header and a payload, JSON both, with an HS*, RS* or ES* algorithm
 * and its key: a secret's bytes, or a private key in PEM.  *out is the caller's
 * to free(3).  -1 if the key is not one for that.
 */
int jws_sign(const char *algorithm, const struct buf *key, const char *header,
    const char *payload, char **out);

#endif
