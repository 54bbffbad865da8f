/* SPDX-License-Identifier: ISC */
/* Decrypts API keys that were sealed (auth/seal.h), to show them again. */
#ifndef CREEL_RESOURCE_KEY_REVEAL_H
#define CREEL_RESOURCE_KEY_REVEAL_H

#include "base/arena.h"
#include "base/fail.h"
#include "db/pg.h"
#include "http/http.h"

struct principal;
struct seal;

/*
 * Sets *out to the API key with this id (24 hex digits in lower case, or NULL,
 * which matches nothing) of an application, in the arena.  Credentials of other
 * kinds are not found.  seal is NULL if key_file is not set.  -1 with
 * ERR_NOT_FOUND; ERR_CONFLICT if the key cannot be shown, with the reason;
 * ERR_INTERNAL if the sealed key is damaged or belongs to another row; or as
 * grant_check() or pg_run().
 */
int key_unseal(struct arena *, struct pg *, const struct seal *,
    const struct principal *granter, const char *application, const char *id,
    const char **out, struct err *);

/*
 * The same for a request, in its arena: a key of req->application.  The result
 * is logged at every level, with the principal and the client's address; -1
 * with ERR_UNAVAILABLE if that fails.  The route's row must require
 * SCOPE_KEY_VIEW.
 */
int key_reveal(struct req *, const char *id, const char **out, struct err *);

#endif
