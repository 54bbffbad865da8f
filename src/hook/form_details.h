/* SPDX-License-Identifier: ISC */
/* The details of a form's webhook that a sender needs (wire/quixy 4.1, "Webhook
 * details popup"). */
#ifndef CREEL_HOOK_FORM_DETAILS_H
#define CREEL_HOOK_FORM_DETAILS_H

#include "base/arena.h"
#include "base/fail.h"

/* The placeholder of a call's id in its status URL. */
#define FORM_REQUEST "{request_id}"

/*
 * Sets *out to a JSON object of requestType, apiUrl, headers, jsonStructure (a
 * body that the form accepts), statusCheckUrl and historyUrl, in the arena.
 * key is the form's handle, base this site's URL.  -1 with ERR_INTERNAL if the
 * settings are invalid.
 */
int form_details(struct arena *, const char *base, const char *key,
    const char *settings, const char **out, struct err *);

#endif
