/* SPDX-License-Identifier: ISC */
/* Alexa's signing keys: an in-memory cache, filled from a directory or the
 * network. */
#include <sys/stat.h>

#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/alexa_chain.h"
#include "auth/alexa_keys.h"
#include "base/clock.h"
#include "base/mem.h"

/* The key of a valid chain. */
struct kept {
	char path[ALEXA_PATH_SIZE];
	EVP_PKEY *key;		/* NULL: the entry is free */
	int64_t expires;	/* seconds since 1970 */
	int64_t fresh;		/* clock_ms() when it is looked up again */
	uint64_t used;		/* alexa_keys.uses at the last lookup */
};

/* A path that recently could not be fetched. */
struct failure {
	char path[ALEXA_PATH_SIZE];
	int64_t until;		/* clock_ms() when it may be fetched again */
	struct err err;
};

struct alexa_keys {
	struct alexa_source source;
	X509_STORE *roots;
	pthread_mutex_t lock;	/* of all members below */
	struct kept kept[ALEXA_KEPT];
	struct failure failures[ALEXA_VAIN];
	uint64_t uses;
	int64_t away;		/* clock_ms() before which nothing is fetched */
	bool fetching;
};

int
alexa_keys_open(const struct alexa_source *source, struct alexa_keys **out,
    struct err *err)
{
	struct alexa_keys *keys;
	X509_STORE *roots;
	struct stat st;

	if (*source->directory != '\0' && (stat(source->directory, &st) < 0 ||
	    !S_ISDIR(st.st_mode)))
		return err_set(err, ERR_CONFIG, "%s: not a directory",
		    source->directory);
	if (alexa_roots_load(source->roots, &roots, err) < 0)
		return -1;
	keys = mem_alloc(sizeof(*keys));
	keys->source = *source;
	keys->roots = roots;
	pthread_mutex_init(&keys->lock, NULL);
	*out = keys;
	return 0;
}

void
alexa_keys_free(struct alexa_keys **keys)
{
	size_t i;

	if (*keys == NULL)
		return;
	for (i = 0; i < ALEXA_KEPT; i++)
		EVP_PKEY_free((*keys)->kept[i].key);
	alexa_roots_free(&(*keys)->roots);
	pthread_mutex_destroy(&(*keys)->lock);
	free(*keys);
	*keys = NULL;
}

/* -- the cache */

/* Looks for an entry of the path that has not expired and, with fresh, is
 * fresh.  The caller frees *out. */
static bool
kept_get(struct alexa_keys *keys, const char *path, int64_t now, bool fresh,
    EVP_PKEY **out)
{
	struct kept *k;

	*out = NULL;
	pthread_mutex_lock(&keys->lock);
	for (k = keys->kept; k < keys->kept + ALEXA_KEPT; k++)
		if (k->key != NULL && strcmp(k->path, path) == 0 &&
		    k->expires > now && (!fresh || k->fresh > clock_ms()) &&
		    EVP_PKEY_up_ref(k->key)) {
			k->used = ++keys->uses;
			*out = k->key;
		}
	pthread_mutex_unlock(&keys->lock);
	return *out != NULL;
}

/* Returns the entry of the path, or the least recently used one.  An entry
 * without a key was never used. */
static struct kept *
kept_place(struct alexa_keys *keys, const char *path)
{
	struct kept *k, *oldest = keys->kept;

	for (k = keys->kept; k < keys->kept + ALEXA_KEPT; k++) {
		if (strcmp(k->path, path) == 0)
			return k;
		if (k->used < oldest->used)
			oldest = k;
	}
	return oldest;
}

static void
kept_put(struct alexa_keys *keys, const char *path,
    const struct alexa_chain *chain)
{
	struct kept *k;

	if (!EVP_PKEY_up_ref(chain->key))
		return;
	pthread_mutex_lock(&keys->lock);
	k = kept_place(keys, path);
	EVP_PKEY_free(k->key);
	*k = (struct kept){ .key = chain->key, .expires = chain->expires,
	    .fresh = clock_ms() + ALEXA_FRESH_S * INT64_C(1000),
	    .used = ++keys->uses };
	memcpy(k->path, path, strlen(path) + 1);
	pthread_mutex_unlock(&keys->lock);
}

/* Removes the entry of a path after its chain became invalid. */
static void
kept_drop(struct alexa_keys *keys, const char *path)
{
	struct kept *k;

	pthread_mutex_lock(&keys->lock);
	k = kept_place(keys, path);
	if (k->key != NULL && strcmp(k->path, path) == 0) {
		EVP_PKEY_free(k->key);
		*k = (struct kept){ .key = NULL };
	}
	pthread_mutex_unlock(&keys->lock);
}

/* -- a chain from the directory */

static int
read_file(int fd, const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	ssize_t n = 0;

	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_UNAVAILABLE, "%s: not a file", path);
	do {
		out->len += (size_t)n;
		n = read(fd, buf_reserve(out, BUFSIZ), BUFSIZ);
	} while (n > 0 && out->len <= ALEXA_PEM_MAX);
	if (n < 0)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", path,
		    strerror(errno));
	if (out->len > ALEXA_PEM_MAX)
		return err_set(err, ERR_BAD_REQUEST,
		    "the certificate chain is too large");
	return 0;
}

/* Returns 1 if the file does not exist. */
static int
directory_read(const struct alexa_keys *keys, const char *path,
    struct buf *out, struct err *err)
{
	const char *name = strrchr(path, '/') + 1;
	struct buf file;
	int fd, rc;

	if (*keys->source.directory == '\0')
		return 1;
	buf_init(&file);
	buf_printf(&file, "%s/%s", keys->source.directory, name);
	/* Opening a FIFO would block without O_NONBLOCK. */
	fd = open(file.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		rc = read_file(fd, file.data, out, err);
		close(fd);
	} else if (errno == ENOENT) {
		rc = 1;
	} else {
		rc = err_set(err, ERR_UNAVAILABLE, "%s: %s", file.data,
		    strerror(errno));
	}
	buf_release(&file);
	return rc;
}

/* -- a chain from the network */

/* Begins a fetch; -1 and err if it is not allowed now. */
static int
fetch_begin(struct alexa_keys *keys, const char *path, struct err *err)
{
	int64_t now = clock_ms();
	struct failure *f;
	size_t n = 0;
	int rc = -1;

	pthread_mutex_lock(&keys->lock);
	for (f = keys->failures; f < keys->failures + ALEXA_VAIN; f++) {
		if (f->until <= now)
			continue;
		n++;
		if (strcmp(f->path, path) == 0) {
			*err = f->err;
			goto out;
		}
	}
	if (keys->fetching || keys->away > now || n == ALEXA_VAIN) {
		err_set(err, ERR_UNAVAILABLE, "Alexa's certificates: %s",
		    keys->fetching ? "another fetch is in progress" :
		    keys->away > now ? "the network failed recently" :
		    "too many recent fetches failed");
		goto out;
	}
	keys->fetching = true;
	rc = 0;
out:
	pthread_mutex_unlock(&keys->lock);
	return rc;
}

/* Ends a fetch; err is the reason of its failure, NULL if it succeeded. */
static void
fetch_end(struct alexa_keys *keys, const char *path, const struct err *err)
{
	int64_t now = clock_ms();
	struct failure *f = keys->failures;

	pthread_mutex_lock(&keys->lock);
	keys->fetching = false;
	if (err != NULL && err->code == ERR_UNAVAILABLE) {
		keys->away = now + ALEXA_AWAY_MS;
	} else if (err != NULL && err->code == ERR_BAD_REQUEST) {
		/* fetch_begin() found a free entry. */
		while (f->until > now)
			f++;
		f->until = now + ALEXA_VAIN_MS;
		f->err = *err;
		memcpy(f->path, path, strlen(path) + 1);
	}
	pthread_mutex_unlock(&keys->lock);
}

static int
fetch_read(const struct alexa_keys *keys, const char *path, struct buf *out,
    struct err *err)
{
	struct err reason;

	if (keys->source.fetch(keys->source.ctx, path, out, &reason) == 0)
		return 0;
	if (reason.code == ERR_UNAVAILABLE)
		return err_set(err, ERR_UNAVAILABLE, "%s", reason.text);
	return err_set(err, ERR_BAD_REQUEST, "the certificate chain is %s",
	    reason.code == ERR_TOO_LARGE ? "too large" : "not found");
}

static int
chain_fetch(struct alexa_keys *keys, const char *path, int64_t now,
    struct alexa_chain *out, struct err *err)
{
	struct buf pem;
	int rc;

	if (keys->source.fetch == NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "the certificate chain is not in alexa_certificates");
	if (fetch_begin(keys, path, err) < 0)
		return -1;
	buf_init(&pem);
	rc = fetch_read(keys, path, &pem, err);
	if (rc == 0)
		rc = alexa_chain_read(pem.data, pem.len, keys->roots, now,
		    out, err);
	buf_release(&pem);
	fetch_end(keys, path, rc < 0 ? err : NULL);
	return rc;
}

static int
chain_find(struct alexa_keys *keys, const char *path, int64_t now,
    struct alexa_chain *out, struct err *err)
{
	struct buf pem;
	int rc;

	buf_init(&pem);
	rc = directory_read(keys, path, &pem, err);
	if (rc == 0)
		rc = alexa_chain_read(pem.data, pem.len, keys->roots, now,
		    out, err);
	else if (rc > 0)
		rc = chain_fetch(keys, path, now, out, err);
	buf_release(&pem);
	return rc;
}

int
alexa_keys_find(struct alexa_keys *keys, const char *path, int64_t now,
    EVP_PKEY **out, struct err *err)
{
	struct alexa_chain chain;

	if (kept_get(keys, path, now, true, out))
		return 0;
	if (chain_find(keys, path, now, &chain, err) < 0) {
		if (err->code != ERR_BAD_REQUEST)
			return kept_get(keys, path, now, false, out) ? 0 : -1;
		kept_drop(keys, path);
		return -1;
	}
	kept_put(keys, path, &chain);
	*out = chain.key;
	return 0;
}
