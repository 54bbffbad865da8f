/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5.1): query strings
 * and bodies.  "+" is a blank; a wrong escape stands for itself.
 */
#ifndef CREEL_HTTP_FORM_H
#define CREEL_HTTP_FORM_H

#include <stddef.h>

#include "base/arena.h"

/* The decoded form of n bytes, in the arena.  It may hold NULs: *len, if
 * wanted, is its length. */
char *form_decode(struct arena *, const char *, size_t n, size_t *len);

/* The decoded value of the first pair with this name, "" for one without "=";
 * NULL if there is none. */
const char *form_get(struct arena *, const char *text, const char *name);

#endif
