/* SPDX-License-Identifier: ISC */
/* Bloom filter of the addresses that exist. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"
#include "db/known.h"

#define BITS 16			/* of each address, and half of it unused */
#define PROBES 6		/* one of 1,000 unknown addresses seems known,
				 * at most */
#define LEAST 32768		/* addresses for which there is room */
#define WORD 64

struct filter {
	uint64_t *words;
	size_t bits;		/* a power of two */
	size_t added;
};

struct known {
	uint64_t seed;		/* clients cannot choose what collides */
	pthread_mutex_t lock;	/* guards what follows */
	bool doubt;		/* addresses may be missing */
	struct filter current;
	struct filter next;	/* being loaded; no words: none */
};

struct known *
known_new(void)
{
	struct known *k = mem_alloc(sizeof(*k));

	id_random(&k->seed, sizeof(k->seed));
	pthread_mutex_init(&k->lock, NULL);
	return k;
}

void
known_free(struct known **known)
{
	struct known *k = *known;

	if (k == NULL)
		return;
	free(k->current.words);
	free(k->next.words);
	pthread_mutex_destroy(&k->lock);
	free(k);
	*known = NULL;
}

/* FNV-1a, and the finalizer of SplitMix64. */
static uint64_t
hash_of(const struct known *k, const char *kind, const char *handle)
{
	const char *const texts[] = { kind, handle };
	uint64_t h = k->seed;
	const char *p;
	size_t i;

	for (i = 0; i < 2; i++) {
		for (p = texts[i]; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) *
			    UINT64_C(0x100000001b3);
		h = (h ^ 0xff) * UINT64_C(0x100000001b3);
	}
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

/* Returns the probe's bit of a hash: double hashing, with an odd step. */
static size_t
bit_of(const struct filter *f, uint64_t hash, int probe)
{
	return (size_t)((uint32_t)hash + (uint64_t)probe *
	    ((uint32_t)(hash >> 32) | 1)) & (f->bits - 1);
}

static void
filter_add(struct filter *f, uint64_t hash)
{
	bool fresh = false;
	uint64_t mask;
	size_t bit;
	int i;

	if (f->words == NULL)
		return;
	for (i = 0; i < PROBES; i++) {
		bit = bit_of(f, hash, i);
		mask = UINT64_C(1) << bit % WORD;
		fresh |= !(f->words[bit / WORD] & mask);
		f->words[bit / WORD] |= mask;
	}
	/* Each change of a hook or key adds its address again. */
	f->added += fresh;
}

static bool
filter_has(const struct filter *f, uint64_t hash)
{
	size_t bit;
	int i;

	for (i = 0; i < PROBES && f->words != NULL; i++) {
		bit = bit_of(f, hash, i);
		if (!(f->words[bit / WORD] >> bit % WORD & 1))
			return false;
	}
	return f->words != NULL;
}

static bool
filter_is_full(const struct filter *f)
{
	return f->added > f->bits / BITS;
}

void
known_load(struct known *k, size_t n)
{
	size_t bits = LEAST * BITS;

	while (bits < n * BITS * 3 / 2)
		bits *= 2;
	pthread_mutex_lock(&k->lock);
	free(k->next.words);
	k->next.words = mem_alloc(bits / 8);
	k->next.bits = bits;
	k->next.added = 0;
	pthread_mutex_unlock(&k->lock);
}

bool
known_add(struct known *k, const char *kind, const char *handle)
{
	uint64_t hash = hash_of(k, kind, handle);
	bool full;

	pthread_mutex_lock(&k->lock);
	filter_add(&k->current, hash);
	filter_add(&k->next, hash);
	full = k->next.words != NULL ? filter_is_full(&k->next) :
	    k->current.words != NULL && filter_is_full(&k->current);
	pthread_mutex_unlock(&k->lock);
	return !full;
}

size_t
known_loaded(struct known *k)
{
	size_t n;

	pthread_mutex_lock(&k->lock);
	free(k->current.words);
	k->current = k->next;
	k->next.words = NULL;
	k->doubt = false;
	n = k->current.added;
	pthread_mutex_unlock(&k->lock);
	return n;
}

void
known_doubt(struct known *k, bool doubt)
{
	pthread_mutex_lock(&k->lock);
	k->doubt = doubt;
	pthread_mutex_unlock(&k->lock);
}

bool
known_has(struct known *k, const char *kind, const char *handle)
{
	uint64_t hash = hash_of(k, kind, handle);
	bool has;

	pthread_mutex_lock(&k->lock);
	has = k->doubt || filter_has(&k->current, hash) ||
	    filter_has(&k->next, hash);
	pthread_mutex_unlock(&k->lock);
	return has;
}
