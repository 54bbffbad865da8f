/* SPDX-License-Identifier: ISC */
/* The dialects of resources: how errors read, and what every answer has. */
#ifndef CREEL_HOOK_DIALECT_H
#define CREEL_HOOK_DIALECT_H

#include "http/route.h"

/* Creel's own: Losant's {"type", "message"}. */
extern const struct dialect dialect_creel;

/* Responds with JSON (borrowed) that no cache may keep. */
void dialect_creel_answer(struct resp *, const char *json);

/* Losant's: the same, with the headers of its API; no path is unknown, only
 * methods are, and why somebody is not let in is not told
 * (wire/losant 1.4, 1.5). */
extern const struct dialect dialect_losant;

/* What the rows of Losant's resources have in common. */
#define LOSANT_AUTH (AUTH_API_KEY | AUTH_BEARER)
#define LOSANT_BODY BODY_ANY, CONF_LIMIT(losant_body_limit)

/* Answers with JSON (borrowed) and the headers of Losant's API. */
void dialect_losant_answer(struct resp *, const char *json);

#endif
