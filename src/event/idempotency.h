/* SPDX-License-Identifier: ISC */
/*
 * Idempotency keys: the header that names a call, and the fingerprint that
 * shows whether two calls with one key are the same call.
 */
#ifndef CREEL_EVENT_IDEMPOTENCY_H
#define CREEL_EVENT_IDEMPOTENCY_H

#include "auth/digest.h"
#include "http/http.h"

#define KEY_VALUE_MAX 255	/* bytes of a header's value */

struct idempotency;

/* The key of a call.  Calls of one principal to one hook are the same call if
 * text and fingerprint are equal; equal texts with different fingerprints are
 * an error.  So the text of a delivery contains its fingerprint. */
struct call_key {
	const char *text;	/* "name:value" or "name:value:fingerprint" */
	unsigned char fingerprint[DIGEST_SIZE];
};

/* Reads the option idempotency_headers: names separated by blanks, in order of
 * precedence; "known" stands for all of idempotency.def, and any other name is
 * that of a delivery.  The caller frees the result with idempotency_free(). */
struct idempotency *idempotency_new(const char *headers);
void idempotency_free(struct idempotency **);

/*
 * Sets *out to the key of the request, in the arena; NULL if it has none.  The
 * fingerprint covers the method, the path, the query (neither with
 * credentials, which may be new when a call is sent again) and the body.
 * Returns -1 with ERR_BAD_REQUEST if the value is longer than KEY_VALUE_MAX,
 * ERR_INTERNAL if it cannot be hashed.
 */
int idempotency_key(const struct req *, const char *path, const char *query,
    struct call_key **out, struct err *);

#endif
