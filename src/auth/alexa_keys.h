/* SPDX-License-Identifier: ISC */
/*
 * The keys that Alexa signs with, by the path of their certificate chain: kept
 * in memory, else read from a directory, else fetched.  For all threads; a
 * thread that fetches lets no other wait.
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
#define ALEXA_FRESH_S 3600	/* seconds until one is looked for again */
#define ALEXA_VAIN 8		/* paths that were fetched in vain */
#define ALEXA_VAIN_MS 60000	/* how long that is remembered */
#define ALEXA_AWAY_MS 10000	/* how long a network that is away is let be */

struct alexa_keys;
struct evp_pkey_st;

/* Appends the chain at a path of Amazon's host to out: as http_client_get(). */
typedef int alexa_fetch_fn(const void *ctx, const char *path, struct buf *out,
    struct err *);

struct alexa_source {
	const char *directory;	/* "": none */
	const char *roots;	/* PEM file; "": the system's */
	alexa_fetch_fn *fetch;	/* NULL: none */
	const void *ctx;	/* for fetch; borrowed until the end */
};

/* *out is the caller's, for alexa_keys_free().  -1 with ERR_CONFIG: no such
 * directory, no roots. */
int alexa_keys_open(const struct alexa_source *, struct alexa_keys **out,
    struct err *);
void alexa_keys_free(struct alexa_keys **);

/*
 * The key for a path, which alexa_url_path() has made, at the time now (seconds
 * since 1970); the caller frees *out with EVP_PKEY_free().  -1 with
 * ERR_BAD_REQUEST: there is no such chain, or it is not good
 * (alexa_chain_read()); ERR_UNAVAILABLE: it cannot be had now, for reasons
 * that are ours.
 *
 * A file of the directory has the name of the path's last segment.  One fetch
 * is under way at once.  After ALEXA_VAIN in vain within ALEXA_VAIN_MS no more
 * is begun, and none for ALEXA_AWAY_MS after the network failed: made-up paths
 * cost the threads of a worker no more than that.
 */
int alexa_keys_find(struct alexa_keys *, const char *path, int64_t now,
    struct evp_pkey_st **out, struct err *);

#endif
