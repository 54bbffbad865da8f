/* SPDX-License-Identifier: ISC */
/*
 * Alexa's signing keys, by the path of their certificate chain: cached in
 * memory, else read from a directory, else fetched.  Thread-safe; no thread
 * waits for the fetch of another.
 */
#ifndef CREEL_AUTH_ALEXA_KEYS_H
#define CREEL_AUTH_ALEXA_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"

#define ALEXA_PATH_SIZE 256	/* of a path, with its NUL */
#define ALEXA_PEM_MAX 65536	/* bytes of a chain */
#define ALEXA_KEPT 8		/* chains in memory */
#define ALEXA_FRESH_S 3600	/* seconds until one is looked up again */
#define ALEXA_VAIN 8		/* failed paths that are remembered */
#define ALEXA_VAIN_MS 60000	/* how long they are remembered */
#define ALEXA_AWAY_MS 10000	/* no fetches after a network failure */

struct alexa_keys;
struct evp_pkey_st;

/* Fetches the chain at a path of Amazon's host and appends it to out; returns
 * and fails as http_client_get(). */
typedef int alexa_fetch_fn(const void *ctx, const char *path, struct buf *out,
    struct err *);

struct alexa_source {
	const char *directory;	/* "": none */
	const char *roots;	/* PEM file; "": the system's */
	alexa_fetch_fn *fetch;	/* NULL: none */
	const void *ctx;	/* for fetch; borrowed */
};

/* The caller frees *out with alexa_keys_free().  The strings and ctx of the
 * source are borrowed until then.  -1 with ERR_CONFIG: no such directory, no
 * roots. */
int alexa_keys_open(const struct alexa_source *, struct alexa_keys **out,
    struct err *);
void alexa_keys_free(struct alexa_keys **);

/*
 * Finds the key for a path of alexa_url_path(), at the time now (seconds since
 * 1970); the caller frees *out with EVP_PKEY_free().  -1 with ERR_BAD_REQUEST:
 * no such chain, or one that alexa_chain_read() rejects; ERR_UNAVAILABLE: the
 * chain cannot be read or fetched now; ERR_INTERNAL.
 *
 * A file of the directory has the name of the path's last segment.  Only one
 * fetch runs at a time.  After ALEXA_VAIN failures within ALEXA_VAIN_MS no
 * fetch begins, and none for ALEXA_AWAY_MS after the network failed: this
 * limits the time that invented paths cost a worker's threads.
 */
int alexa_keys_find(struct alexa_keys *, const char *path, int64_t now,
    struct evp_pkey_st **out, struct err *);

#endif
