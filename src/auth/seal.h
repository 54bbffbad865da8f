/* SPDX-License-Identifier: ISC */
/*
 * Sealing: the form in which the database stores secrets that may be shown
 * again.  They are encrypted with AES-256-GCM (NIST SP 800-38D) under a key of
 * the option key_file's file, and bound to their row.
 *
 * A sealed secret is a version byte, the first SEAL_ID_SIZE bytes of its key's
 * SHA-256, a random nonce of 96 bits, the ciphertext, and a tag of 128 bits.
 * The tag also authenticates the bytes before the nonce and the owner.
 */
#ifndef CREEL_AUTH_SEAL_H
#define CREEL_AUTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fail.h"

#define SEAL_KEYS_MAX 16	/* in a file */
#define SEAL_FILE_MAX 8192	/* bytes of a file */
#define SEAL_ID_SIZE 8
#define SEAL_SECRET_SIZE 65	/* of a secret, with its NUL */
#define SEAL_SIZE (1 + SEAL_ID_SIZE + 12 + (SEAL_SECRET_SIZE - 1) + 16)

struct seal;			/* read-only once loaded */

/* The owner of a secret: it can only be opened with the same owner. */
struct seal_owner {
	const char *application;	/* ids */
	const char *id;
};

struct sealed {
	unsigned char bytes[SEAL_SIZE];
	size_t len;
};

/* The sealed secret as a statement's parameter; NULL if it is empty. */
#define SEALED_VALUE(s) \
	{ (s)->len == 0 ? NULL : (const char *)(s)->bytes, (s)->len, true }

/*
 * Loads the keys of a file: 64 hex digits a line, with comments from "#" on.
 * The caller frees *out with seal_free(); it is NULL if path is NULL or "".  -1
 * with ERR_CONFIG: the file cannot be read, is not a regular file, is
 * accessible to group or others, holds no key, a duplicate key or other text.
 * The error text contains no part of the file.
 */
int seal_load(const char *path, struct seal **out, struct err *);
/* Wipes the keys. */
void seal_free(struct seal **);

/* Returns the ids of the keys in hex as the text of an array, in the arena;
 * "{}" for NULL. */
const char *seal_ids(const struct seal *, struct arena *);

/* Seals a secret under the file's first key.  Without keys (NULL), out->len is
 * 0.  -1 with ERR_INTERNAL. */
int seal_close(const struct seal *, const struct seal_owner *,
    const char *secret, struct sealed *out, struct err *);

/*
 * Opens a sealed secret with the key of the id in it; out is terminated.  -1
 * with ERR_CONFLICT: that key is not in the file; ERR_INTERNAL: the secret is
 * damaged or has another owner.
 */
int seal_open(const struct seal *, const struct seal_owner *,
    const void *sealed, size_t len, char out[SEAL_SECRET_SIZE], struct err *);

/* Returns whether a secret is sealed under the file's first key. */
bool seal_is_current(const struct seal *, const void *sealed, size_t len);

#endif
