/* SPDX-License-Identifier: ISC */
/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5.1): query strings
 * and bodies.  "+" is a blank; an invalid escape is kept as it is.
 */
#ifndef CREEL_HTTP_URLENCODED_H
#define CREEL_HTTP_URLENCODED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

#define URLENCODED_PAIRS_MAX 1000	/* for urlencoded_json() */

/* Decodes n bytes to a buffer of at least n bytes, which may be the input; "+"
 * becomes plus.  Returns the length. */
size_t urlencoded_unescape(char *to, const char *, size_t n, char plus);

/* Decodes n bytes, in the arena, and terminates them.  The result may hold
 * NULs: *len, unless NULL, is set to its length. */
char *urlencoded_decode(struct arena *, const char *, size_t n, size_t *len);

/* Returns the decoded value of the first pair with this name, "" if it has no
 * "="; NULL if there is none.  A NUL in it becomes U+FFFD. */
const char *urlencoded_get(struct arena *, const char *text, const char *name);

/*
 * Returns the number of pairs with this name.  *value, unless NULL, is set to
 * the decoded value of the first, or NULL if there is none; *rest, unless NULL,
 * to the text without these pairs, in the arena.
 */
size_t urlencoded_cut(struct arena *, const char *text, const char *name,
    const char **value, const char **rest);

/*
 * Appends a JSON object of len bytes of text: a string for each pair, in the
 * order in which the names first appear.  The values of a repeated name become
 * an array.  A pair without "=" has the value ""; empty pairs are ignored; an
 * empty text is {}.  Decoded text that is not UTF-8 is read as Latin-1, a NUL
 * becomes U+FFFD (jsn_put_string()).  wire/losant 1.7.  Returns false, and
 * leaves out unchanged, for more than URLENCODED_PAIRS_MAX pairs.
 */
bool urlencoded_json(const char *text, size_t len, struct buf *out);

#endif
