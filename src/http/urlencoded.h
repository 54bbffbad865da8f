/* SPDX-License-Identifier: ISC */
/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5.1): query strings
 * and bodies.  "+" is a blank; a wrong escape stands for itself.
 */
#ifndef CREEL_HTTP_URLENCODED_H
#define CREEL_HTTP_URLENCODED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

#define URLENCODED_PAIRS_MAX 1000	/* that urlencoded_json() takes */

/* Decodes n bytes to where there is room for as many, in itself if you like;
 * "+" becomes plus.  Returns the length. */
size_t urlencoded_unescape(char *to, const char *, size_t n, char plus);

/* The decoded form of n bytes, in the arena.  It may hold NULs: *len, if
 * wanted, is its length. */
char *urlencoded_decode(struct arena *, const char *, size_t n, size_t *len);

/* The decoded value of the first pair with this name, "" for one without "=";
 * NULL if there is none.  A NUL in it is U+FFFD. */
const char *urlencoded_get(struct arena *, const char *text, const char *name);

/*
 * How many pairs have this name.  *value, if wanted, is the decoded value of
 * the first, NULL if there is none; *rest, if wanted, the text without them,
 * in the arena.
 */
size_t urlencoded_cut(struct arena *, const char *text, const char *name,
    const char **value, const char **rest);

/*
 * Appends a JSON object of len bytes of text: a string for each pair, in the
 * order in which the names first appear.  The values of a repeated name become
 * an array.  A pair without "=" has the value ""; empty pieces are passed
 * over; an empty text is {}.  What is not UTF-8 when decoded is Latin-1, a NUL
 * is U+FFFD (jsn_put_string).  wire/losant 1.7.  False, and out as it was,
 * for more than URLENCODED_PAIRS_MAX pairs.
 */
bool urlencoded_json(const char *text, size_t len, struct buf *out);

#endif
