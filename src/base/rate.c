/* SPDX-License-Identifier: ISC */
/* Rate limits: a counter per key, in memory that the host's workers share. */
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mapped.h"
#include "base/rate.h"

#define SLOTS 16384
#define PROBES 16

/* A zeroed slot is free.  While a slot passes to another key, a call or two of
 * the former key may count for the new one. */
struct slot {
	_Atomic uint64_t key;		/* its hash */
	_Atomic uint64_t count;		/* upper half: the window; lower half:
					 * calls in it */
};

struct rate {
	struct slot slots[SLOTS];
};

/* Returns the table in the file that the workers share, or NULL. */
static struct rate *
table_open(const char *dir, struct err *err)
{
	char path[1024];
	struct rate *r = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/rates-%zu", dir, sizeof(*r));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || (r = mapped_open(fd, sizeof(*r))) == NULL)
		err_set(err, mapped_is_full(errno) ? ERR_UNAVAILABLE :
		    ERR_CONFIG, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

int
rate_open(const char *dir, struct rate **out, struct err *err)
{
	struct err full;
	void *p;

	if (*dir != '\0') {
		if ((*out = table_open(dir, &full)) != NULL)
			return 0;
		if (full.code == ERR_CONFIG) {
			*err = full;
			return -1;
		}
		log_error("%s: this worker limits rates by itself", full.text);
	}
	p = mmap(NULL, sizeof(struct rate), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return err_set(err, ERR_CONFIG, "rates: %s", strerror(errno));
	*out = p;
	return 0;
}

void
rate_close(struct rate **rate)
{
	if (*rate != NULL)
		munmap(*rate, sizeof(struct rate));
	*rate = NULL;
}

/* FNV-1a; never 0, which is a free slot. */
static uint64_t
hash(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return h == 0 ? 1 : h;
}

/* Starts at 1: window 0 means that a slot was never used. */
static uint64_t
window_now(void)
{
	return (uint64_t)clock_ms() / RATE_WINDOW_MS + 1;
}

/* Returns the slot of a key, or NULL. */
static struct slot *
slot_find(struct rate *r, uint64_t key)
{
	size_t i;

	for (i = 0; i < PROBES; i++)
		if (atomic_load(&r->slots[(key + i) % SLOTS].key) == key)
			return &r->slots[(key + i) % SLOTS];
	return NULL;
}

/* Returns the slot of a key, or assigns one with an expired window; NULL if
 * there is none. */
static struct slot *
slot_take(struct rate *r, uint64_t key, uint64_t window)
{
	struct slot *slot = slot_find(r, key);
	uint64_t other;
	size_t i;

	if (slot != NULL)
		return slot;
	for (i = 0; i < PROBES; i++) {
		slot = &r->slots[(key + i) % SLOTS];
		other = atomic_load(&slot->key);
		if (atomic_load(&slot->count) >> 32 != window &&
		    atomic_compare_exchange_strong(&slot->key, &other, key))
			return slot;
	}
	return NULL;
}

bool
rate_take(struct rate *r, const char *key, int64_t limit)
{
	uint64_t window = window_now();
	struct slot *slot = slot_take(r, hash(key), window);
	uint64_t seen, next;

	if (slot == NULL)
		return true;
	seen = atomic_load(&slot->count);
	do {
		next = (seen >> 32 == window ? seen : window << 32) + 1;
	} while (!atomic_compare_exchange_weak(&slot->count, &seen, next));
	return (int64_t)(next & UINT32_MAX) <= limit;
}
