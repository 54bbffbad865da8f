/* SPDX-License-Identifier: ISC */
/* Hash table of objects by name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hashmap.h"
#include "base/mem.h"

/* FNV-1a. */
static struct hashmap_bucket *
bucket_of(struct hashmap *map, const char *name)
{
	uint32_t hash = UINT32_C(0x811c9dc5);

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT32_C(0x01000193);
	return &map->buckets[hash % HASHMAP_BUCKETS];
}

void *
hashmap_get(struct hashmap *map, const char *name, size_t size, bool *created)
{
	struct hashmap_bucket *bucket = bucket_of(map, name);
	size_t name_size = strlen(name) + 1;
	struct hashmap_entry *e;
	char *copy;

	*created = false;
	LIST_FOREACH(e, bucket, chain)
		if (strcmp(e->name, name) == 0)
			return e;
	/* The name is behind the object. */
	e = mem_alloc(size + name_size);
	copy = (char *)e + size;
	memcpy(copy, name, name_size);
	e->name = copy;
	LIST_INSERT_HEAD(bucket, e, chain);
	*created = true;
	return e;
}

void
hashmap_delete(struct hashmap_entry *e)
{
	LIST_REMOVE(e, chain);
	free(e);
}

void
hashmap_each(struct hashmap *map, void (*fn)(void *object, void *ctx),
    void *ctx)
{
	struct hashmap_entry *e, *next;
	size_t i;

	for (i = 0; i < HASHMAP_BUCKETS; i++)
		for (e = LIST_FIRST(&map->buckets[i]); e != NULL; e = next) {
			next = LIST_NEXT(e, chain);
			fn(e, ctx);
		}
}
