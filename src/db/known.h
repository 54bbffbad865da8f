/* SPDX-License-Identifier: ISC */
/*
 * The addresses that exist: handles of hooks and hashes of keys.  A flood of
 * unknown ones must not use what look-ups of known ones need, also of those
 * that no worker has seen yet.  It is a Bloom filter of 16 bits an address: a
 * few of the unknown ones seem known, and so do addresses that were deleted
 * since the last load.  The listener loads it and adds new addresses; any
 * thread may call known_has().
 */
#ifndef CREEL_DB_KNOWN_H
#define CREEL_DB_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

struct known;

/* Without addresses, until the first load ends. */
struct known *known_new(void);
void known_free(struct known **);

/* Begins to load addresses, of which there are about n; ends an unfinished
 * load.  Until known_loaded() the addresses of the last load are known too. */
void known_load(struct known *, size_t n);
/* Adds an address.  Returns false if there are many more than the load began
 * with, so that too many unknown addresses would seem known: load again. */
bool known_add(struct known *, const char *kind, const char *handle);
/* Ends the load; returns the number of addresses. */
size_t known_loaded(struct known *);

/* Sets whether addresses may be missing: before the first load, and after a
 * time without notifications.  Until known_loaded() each one then seems known,
 * and none of those that exist is refused. */
void known_doubt(struct known *, bool doubt);

/* Returns whether the address probably exists.  False: it does not, or was
 * created just now, or is not loaded yet. */
bool known_has(struct known *, const char *kind, const char *handle);

#endif
