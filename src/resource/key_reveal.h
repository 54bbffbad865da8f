/* SPDX-License-Identifier: ISC */
/* API keys in clear once more, where they were sealed (auth/seal.h). */
#ifndef CREEL_RESOURCE_KEY_REVEAL_H
#define CREEL_RESOURCE_KEY_REVEAL_H

#include "base/arena.h"
#include "base/fail.h"
#include "db/pg.h"
#include "http/http.h"

struct seal;

/*
 * The key with this id (24 hex digits in lower case, or NULL, which nothing
 * has) of an application, in the arena.  Only API keys are: no tokens, no
 * users, no devices.  seal is NULL where there is no key_file.  -1 with
 * ERR_NOT_FOUND; ERR_CONFLICT: it cannot be shown, and the text says why;
 * ERR_INTERNAL: what is sealed is damaged or another's; or as pg_run().
 */
int key_unseal(struct arena *, struct pg *, const struct seal *,
    const char *application, const char *id, const char **out, struct err *);

/*
 * The same for a request, in its arena: the key of req->application.  That it
 * was shown, or was not, is logged at every level, with who asked from where;
 * ERR_UNAVAILABLE: it would have been shown, but that cannot be written.
 * Whether the caller may see it is for the route's row to say: SCOPE_KEY_VIEW,
 * which lets who has it act as any of these keys.
 */
int key_reveal(struct req *, const char *id, const char **out, struct err *);

#endif
