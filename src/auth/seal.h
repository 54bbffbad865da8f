/* SPDX-License-Identifier: ISC */
/*
 * Secrets that may be shown again, as the database keeps them: sealed with
 * AES-256-GCM (NIST SP 800-38D) under a key of the file that the option
 * key_file names, and bound to their row.
 *
 * A sealed secret is a version byte, the first SEAL_ID_SIZE bytes of its key's
 * SHA-256, a random nonce of 96 bits, the ciphertext, and a tag of 128 bits.
 * What stands before the nonce and whose it is are authenticated with it.
 */
#ifndef CREEL_AUTH_SEAL_H
#define CREEL_AUTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"

#define SEAL_KEYS_MAX 16	/* in a file */
#define SEAL_FILE_MAX 8192	/* bytes of it */
#define SEAL_ID_SIZE 8
#define SEAL_SECRET_SIZE 65	/* of a secret, with its NUL */
#define SEAL_SIZE (1 + SEAL_ID_SIZE + 12 + (SEAL_SECRET_SIZE - 1) + 16)

struct seal;			/* read-only once loaded */

/* Whose a secret is: it opens for nobody else. */
struct seal_owner {
	const char *application;	/* ids */
	const char *id;
};

struct sealed {
	unsigned char bytes[SEAL_SIZE];
	size_t len;
};

/* As a statement's parameter. */
#define SEALED_VALUE(s) \
	{ (s)->len == 0 ? NULL : (const char *)(s)->bytes, (s)->len, true }

/*
 * Loads the keys of a file: 64 hex digits a line, with comments from "#" on.
 * *out, NULL if path is NULL or "", is the caller's, for seal_free().  -1 with
 * ERR_CONFIG: the file cannot be read, is no regular one, may be read or
 * written by others than its owner, holds no key, one twice or anything else.
 * The text tells nothing of what stands there.
 */
int seal_load(const char *path, struct seal **out, struct err *);
/* Wipes the keys. */
void seal_free(struct seal **);

/* The ids of its keys in hex, an array's text, in the arena: "{}" for NULL. */
const char *seal_ids(const struct seal *, struct arena *);

/* Seals a text under the file's first key.  Where there is no file, NULL,
 * nothing is: out->len is 0 then.  -1 with ERR_INTERNAL. */
int seal_close(const struct seal *, const struct seal_owner *,
    const char *secret, struct sealed *out, struct err *);

/*
 * Opens it under whichever key it names; out is terminated.  -1 with
 * ERR_CONFLICT: that key is not in the file; ERR_INTERNAL: it is damaged, or
 * was another's.
 */
int seal_open(const struct seal *, const struct seal_owner *,
    const void *sealed, size_t len, char out[SEAL_SECRET_SIZE], struct err *);

/* Whether it names the file's first key. */
bool seal_is_current(const struct seal *, const void *sealed, size_t len);

#endif
