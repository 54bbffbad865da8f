/* SPDX-License-Identifier: ISC */
/*
 * A multimap: the fields of a form, in any order and with repeated names, as
 * the members of a JSON object.  A name has the position of its first
 * appearance; the values of a repeated name become an array, in their order.
 * Names are equal if their JSON texts are, so no name occurs twice in the
 * object.
 */
#ifndef CREEL_HTTP_MULTIMAP_H
#define CREEL_HTTP_MULTIMAP_H

#include <stddef.h>

#include "base/buf.h"

struct multimap_entry;

struct multimap {
	struct buf text;	/* names and values, concatenated */
	struct multimap_entry *list;
	size_t n;
	size_t size;		/* allocated entries of list */
};

void multimap_init(struct multimap *);
/* Begins a member with this name (Latin-1 if it is not UTF-8).  Returns a
 * borrowed buffer, to which the caller must append the value as JSON before it
 * calls another function of this module. */
struct buf *multimap_add(struct multimap *, const char *name, size_t len);
/* Appends the object.  Takes O(n log n) time for n members. */
void multimap_put(struct multimap *, struct buf *out);
void multimap_release(struct multimap *);

#endif
