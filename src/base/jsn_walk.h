/* SPDX-License-Identifier: ISC */
/*
 * A walk over JSON that jsn_scan() accepted: the members of an object, the
 * elements of an array, each as the slice of the text that it is.  Nothing is
 * built, so numbers keep every digit and memory does not grow with the text,
 * but for a member's name.  What jsn_scan() did not accept gives nonsense, yet
 * is not read beyond its end.
 */
#ifndef CREEL_BASE_JSN_WALK_H
#define CREEL_BASE_JSN_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/jsn.h"

/* A value in a text; the text is whose it was. */
struct jsn_slice {
	enum jsn_type type;
	const char *text;	/* a string's with its quotes */
	size_t len;
};

/* What a string stands for, as UTF-8; not terminated, and may contain NULs. */
struct jsn_chars {
	const char *text;
	size_t len;
	bool broken;	/* half a surrogate pair became U+FFFD in it */
};

/*
 * Calls fn for each member of the object, or element of the array, in document
 * order until it returns non-zero, which is returned.  Members with the same
 * name all come; a name lives until fn returns.  0, and no call, if the text
 * is something else.
 */
int jsn_members(const char *text, size_t len,
    int (*fn)(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx), void *ctx);
int jsn_elements(const char *text, size_t len,
    int (*fn)(const struct jsn_slice *value, void *ctx), void *ctx);

/* How many members of an object have this name.  out is the value of the last
 * one; of type JSN_NONE, with len 0, if there is none or text is no object. */
size_t jsn_find(const char *text, size_t len, const char *name,
    struct jsn_slice *out);

/* Decodes a string (RFC 8259, section 7).  What it gives borrows from the text
 * or, if there are escapes, from scratch, which is emptied first. */
struct jsn_chars jsn_chars(const struct jsn_slice *, struct buf *scratch);

/* Why PostgreSQL's type json takes a text but its operators fail on it: "has
 * U+0000" or "has half a surrogate pair" in any string or name of it; NULL if
 * there is neither. */
const char *jsn_unfit(const char *text, size_t len);

#endif
