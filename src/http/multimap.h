/* SPDX-License-Identifier: ISC */
/*
 * The members of a JSON object, as a form's fields come: any order, names
 * repeated.  A name stands where it first appeared; the values of a repeated
 * one become an array, in their order.  Two names are one if they are the
 * same JSON text, so no name occurs twice in the object.
 */
#ifndef CREEL_HTTP_MULTIMAP_H
#define CREEL_HTTP_MULTIMAP_H

#include <stddef.h>

#include "base/buf.h"

struct multimap_entry;

struct multimap {
	struct buf text;	/* names and values, one after the other */
	struct multimap_entry *list;
	size_t n;
	size_t size;		/* of list, in members */
};

void multimap_init(struct multimap *);
/* Begins a member with this name (not UTF-8: Latin-1).  The caller appends
 * its value, as JSON, to the buffer it gets, before it calls anything else
 * here.  Borrowed. */
struct buf *multimap_add(struct multimap *, const char *name, size_t len);
/* Appends the object.  n members take the time to sort n names. */
void multimap_put(struct multimap *, struct buf *out);
void multimap_release(struct multimap *);

#endif
