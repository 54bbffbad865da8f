/* SPDX-License-Identifier: ISC */
/*
 * A walk over JSON that jsn_scan() accepted: the members of an object or the
 * elements of an array, each as a slice of the text.  Nothing is built, so
 * numbers keep every digit and memory does not grow with the text, except for
 * a member's name.  Text that jsn_scan() did not accept yields nonsense, but is
 * not read beyond its end.
 */
#ifndef CREEL_BASE_JSN_WALK_H
#define CREEL_BASE_JSN_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/jsn.h"

/* A value in a text, which is borrowed. */
struct jsn_slice {
	enum jsn_type type;
	const char *text;	/* a string's with its quotes */
	size_t len;
};

/* A decoded string in UTF-8; not terminated, and may contain NULs. */
struct jsn_chars {
	const char *text;
	size_t len;
	bool broken;	/* an unpaired surrogate became U+FFFD in it */
};

/*
 * Calls fn for each member of the object, or element of the array, in document
 * order until it returns non-zero, which is returned.  fn is called for each of
 * several members with the same name; a name is valid until fn returns.
 * Returns 0 without a call if the text is of another type.
 */
int jsn_members(const char *text, size_t len,
    int (*fn)(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx), void *ctx);
int jsn_elements(const char *text, size_t len,
    int (*fn)(const struct jsn_slice *value, void *ctx), void *ctx);

/*
 * Calls fn for each value in the text that is neither an object nor an array,
 * at any depth, and for the name of each member, as a string; in document
 * order, until it returns non-zero, which is returned.  Takes linear time.
 */
int jsn_scalars(const char *text, size_t len,
    int (*fn)(const struct jsn_slice *value, void *ctx), void *ctx);

/* Returns how many members of an object have this name.  out is the value of
 * the last one; of type JSN_NONE, with len 0, if there is none or the text is
 * not an object. */
size_t jsn_find(const char *text, size_t len, const char *name,
    struct jsn_slice *out);

/* Decodes a string (RFC 8259, section 7).  The result borrows from the text or,
 * if there are escapes, from scratch, which is emptied first. */
struct jsn_chars jsn_chars(const struct jsn_slice *, struct buf *scratch);

/* Returns why PostgreSQL's operators fail on a text that its type json accepts:
 * "has U+0000" or "has an unpaired surrogate" in any string or name of it; NULL
 * if there is neither. */
const char *jsn_unfit(const char *text, size_t len);

#endif
