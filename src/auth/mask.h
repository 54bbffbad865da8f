/* SPDX-License-Identifier: ISC */
/* Masks: removes credentials from texts that the readers of events see. */
#ifndef CREEL_AUTH_MASK_H
#define CREEL_AUTH_MASK_H

#include "auth/auth.h"

#define MASK_TOKEN_BYTES 30	/* random bytes of the token of a webhook */

/*
 * Replaces in text, with AUTH_REDACTED, which is shorter: each text in the form
 * of an API key, the token in each URL of a webhook, and each JWT that names a
 * configured issuer.  JWTs of other issuers stay, because by these the readers
 * may verify the sender.  Characters may be percent-encoded, even repeatedly.
 * auth may be NULL: there are no issuers then.
 */
void mask_credentials(const struct auth *, struct arena *, char *text);

#endif
