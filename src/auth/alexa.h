/* SPDX-License-Identifier: ISC */
/*
 * Whether a request is Alexa's: wire/losant 1.7, and "Verify that the request
 * was sent by Alexa" in Amazon's "Host a Custom Skill as a Web Service".
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

/* As the options say; *out, NULL if they name no source of certificates, is
 * the caller's, for alexa_free().  conf is borrowed until then.  -1 with
 * ERR_CONFIG. */
int alexa_open(const struct conf *, struct alexa **out, struct err *);
void alexa_free(struct alexa **);

/*
 * Verifies a request whose body was read, at the time now (seconds since
 * 1970).  alexa may be NULL: then nothing can be verified.  What needs a
 * certificate comes last.  -1 with ERR_BAD_REQUEST and a text that names the
 * check that failed, ERR_CONFIG if nothing can be verified, or as
 * alexa_keys_find() ERR_UNAVAILABLE and ERR_INTERNAL.
 */
int alexa_verify(struct alexa *, const struct req *, int64_t now,
    struct err *);

/* The path of a SignatureCertChainUrl, without its dot segments; false if
 * Amazon would not use such a URL, or the path holds anything but letters,
 * digits, dots, dashes and underscores between its slashes. */
bool alexa_url_path(const char *url, char out[ALEXA_PATH_SIZE]);

#endif
