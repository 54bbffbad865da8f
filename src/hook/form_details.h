/* SPDX-License-Identifier: ISC */
/* What a sender has to know of a form with a webhook (wire/quixy 4.1, "Webhook
 * details popup"). */
#ifndef CREEL_HOOK_FORM_DETAILS_H
#define CREEL_HOOK_FORM_DETAILS_H

#include "base/arena.h"
#include "base/fail.h"

/* What stands for the id of a call in the address of its status. */
#define FORM_REQUEST "{request_id}"

/*
 * A JSON object of requestType, apiUrl, headers, jsonStructure (a body that
 * the form takes), statusCheckUrl and historyUrl, in the arena.  key is the
 * form's handle, fields its definition, base what addresses begin with.  -1
 * with ERR_INTERNAL if that is no definition.
 */
int form_details(struct arena *, const char *base, const char *key,
    const char *fields, const char **out, struct err *);

#endif
