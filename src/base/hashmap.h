/* SPDX-License-Identifier: ISC */
/*
 * A hash table of objects by name, for those that exist only while they are
 * used: the owners of shares, applications with events that wait.  The caller
 * holds a lock.  Clients can choose names that collide, so it is for as many
 * objects as there are connections or applications, and cache.h for others.
 */
#ifndef CREEL_BASE_HASHMAP_H
#define CREEL_BASE_HASHMAP_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#define HASHMAP_BUCKETS 4096

/* The first member of each object. */
struct hashmap_entry {
	LIST_ENTRY(hashmap_entry) chain;
	const char *name;
};

LIST_HEAD(hashmap_bucket, hashmap_entry);

/* Zeroed at first. */
struct hashmap {
	struct hashmap_bucket buckets[HASHMAP_BUCKETS];
};

/* Returns the object of a name.  If there is none, it is created: size bytes,
 * zeroed except for the entry, and *created is set. */
void *hashmap_get(struct hashmap *, const char *name, size_t size,
    bool *created);
/* Removes an object and frees it with its name. */
void hashmap_delete(struct hashmap_entry *);
/* Calls fn for each object, which it may delete. */
void hashmap_each(struct hashmap *, void (*fn)(void *object, void *ctx),
    void *ctx);

#endif
