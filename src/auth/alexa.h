/* SPDX-License-Identifier: ISC */
/*
 * Verifies that a request was sent by Alexa: wire/losant 1.7, and "Verify that
 * the request was sent by Alexa" in Amazon's "Host a Custom Skill as a Web
 * Service".
 */
#ifndef CREEL_AUTH_ALEXA_H
#define CREEL_AUTH_ALEXA_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/alexa_keys.h"
#include "base/conf.h"
#include "base/fail.h"
#include "http/http.h"

#define ALEXA_SKEW_S 150	/* seconds, both ways */

struct alexa;

/* Opens the certificate sources of the options alexa_*.  The caller frees *out
 * with alexa_free(); it is NULL if no source is set.  conf is borrowed until
 * then.  -1 with ERR_CONFIG. */
int alexa_open(const struct conf *, struct alexa **out, struct err *);
void alexa_free(struct alexa **);

/*
 * Verifies a request, after its body was read, at the time now (seconds since
 * 1970).  The checks that need a certificate come last; they fail if alexa is
 * NULL.  -1 with ERR_BAD_REQUEST and a text that names the failed check,
 * ERR_CONFIG if alexa is NULL, or ERR_UNAVAILABLE and ERR_INTERNAL of
 * alexa_keys_find().
 */
int alexa_verify(struct alexa *, const struct req *, int64_t now,
    struct err *);

/* Sets out to the path of a SignatureCertChainUrl, without dot segments.
 * Returns false if Amazon does not use such URLs, or if the path has other
 * characters than letters, digits, dots, dashes and underscores between its
 * slashes. */
bool alexa_url_path(const char *url, char out[ALEXA_PATH_SIZE]);

#endif
