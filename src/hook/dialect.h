/* SPDX-License-Identifier: ISC */
/* Dialects of the REST resources: the form of errors, and the headers of every
 * response. */
#ifndef CREEL_HOOK_DIALECT_H
#define CREEL_HOOK_DIALECT_H

#include "http/route.h"

/* Creel's own: Losant's {"type", "message"}. */
extern const struct dialect dialect_creel;

/* Responds with JSON (borrowed) that no cache may keep. */
void dialect_creel_respond(struct resp *, const char *json);

/* Losant's: the same with the headers of its API.  An unknown path is a method
 * that is not allowed (405), and a 401 does not include the reason
 * (wire/losant 1.4, 1.5). */
extern const struct dialect dialect_losant;

/* Columns that routes of Losant's resources share. */
#define LOSANT_AUTH (AUTH_API_KEY | AUTH_BEARER)
#define LOSANT_BODY BODY_ANY, CONF_LIMIT(losant_body_limit)

/* Responds with JSON (borrowed) and the headers of Losant's API. */
void dialect_losant_respond(struct resp *, const char *json);

#endif
