/* SPDX-License-Identifier: ISC */
/*
 * JSON.  jsn_scan() accepts exactly the texts of RFC 8259's grammar and builds
 * nothing: its memory does not grow with its input.  jsn_parse() reads small
 * documents (claims, settings) into a tree.  This is the only user of json-c;
 * its pitfalls are handled here.
 */
#ifndef CREEL_BASE_JSN_H
#define CREEL_BASE_JSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"

#define JSN_DEPTH_MAX 512	/* maximum nesting for jsn_scan() */

enum jsn_type {
	JSN_NONE,		/* no value */
	JSN_OBJECT,
	JSN_ARRAY,
	JSN_STRING,
	JSN_NUMBER,
	JSN_BOOLEAN,
	JSN_NULL
};

/* The result of a scan. */
struct jsn_scan {
	enum jsn_type type;	/* of the value at the top */
	size_t members;		/* of all objects together */
	bool nul;		/* an escape of U+0000 occurs in a string */
	bool wide;		/* an integer outside int64's range occurs */
};

/*
 * Checks len bytes of text: RFC 8259 grammar, UTF-8 as defined by RFC 3629, no
 * byte order mark, at most depth (up to JSN_DEPTH_MAX) containers deep.
 * Duplicate names and lone surrogate escapes are allowed, as by the grammar.
 * Returns -1 with ERR_BAD_REQUEST and a text that names the byte offset.
 */
int jsn_scan(const char *text, size_t len, unsigned depth,
    struct jsn_scan *out, struct err *);

/* Returns the length of the UTF-8 character that s begins with; 0 if there is
 * none (RFC 3629). */
size_t jsn_utf8(const char *s, size_t len);
/* Returns whether s consists of such characters only. */
bool jsn_is_utf8(const char *s, size_t len);
/* Returns the number of code points in valid UTF-8. */
size_t jsn_points(const char *s, size_t len);

struct jsn;			/* a value in a tree */

/*
 * Reads a document of at most JSN_TREE_SIZE bytes, JSN_TREE_DEPTH deep.
 * Rejects what jsn_scan() rejects, and duplicate names, U+0000 and integers
 * outside int64's range.  The caller frees *out with jsn_free(); a tree must be
 * used by one thread at a time.  Returns -1 with ERR_BAD_REQUEST, or
 * ERR_INTERNAL if json-c fails on valid JSON (no memory).
 */
#define JSN_TREE_SIZE (1 << 18)
#define JSN_TREE_DEPTH 16
int jsn_parse(const char *text, size_t len, struct jsn **out, struct err *);
void jsn_free(struct jsn **);	/* the whole tree; sets it to NULL */

/* Readers: a NULL value is of type JSN_NONE.  The values and texts that they
 * return are borrowed from the tree. */
enum jsn_type jsn_type(const struct jsn *);
const struct jsn *jsn_get(const struct jsn *object, const char *name);
size_t jsn_length(const struct jsn *array);	/* or members of an object */
const struct jsn *jsn_at(const struct jsn *array, size_t i);
const char *jsn_string(const struct jsn *);	/* NULL if not a string */
/* Sets *out if the value is a whole number in int64's range; returns false
 * otherwise. */
bool jsn_integer(const struct jsn *, int64_t *out);
/* Sets *out to the number, which may have a fraction; returns false if the
 * value is not a finite number. */
bool jsn_number(const struct jsn *, double *out);
bool jsn_is_true(const struct jsn *);
/* Calls fn for each member in document order until it returns non-zero,
 * which is returned. */
int jsn_each(const struct jsn *object,
    int (*fn)(const char *name, const struct jsn *value, void *ctx), void *ctx);
/* Appends the value's text, on one line. */
void jsn_print(const struct jsn *, struct buf *);

/* Appends len bytes as a JSON string with its quotes.  Bytes that are not
 * UTF-8 are read as Latin-1; NUL becomes U+FFFD, because PostgreSQL's jsonb
 * rejects U+0000. */
void jsn_put_string(struct buf *, const char *s, size_t len);
void jsn_put_chars(struct buf *, const char *s, size_t len);	/* no quotes */
/* Appends the same text without quotes and escapes. */
void jsn_put_utf8(struct buf *, const char *s, size_t len);

#endif
