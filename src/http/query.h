/* SPDX-License-Identifier: ISC */
/* Query parameters of Creel's own resources.  Empty parameters are ignored. */
#ifndef CREEL_HTTP_QUERY_H
#define CREEL_HTTP_QUERY_H

#include <stdint.h>

#include "http/http.h"

/* Returns the first value, decoded, in the arena; NULL if it is missing.  Text
 * that is not UTF-8 is read as Latin-1, a NUL becomes U+FFFD. */
const char *query_text(struct req *, const char *name);

/* Reads a whole number from min to max, digits only; *out is unchanged if it is
 * missing.  -1 with ERR_BAD_REQUEST. */
int query_number(struct req *, const char *name, int64_t min, int64_t max,
    int64_t *out, struct err *);

/* Checks an RFC 3339 timestamp and sets *out to it, as it was sent; NULL if it
 * is missing.  -1 with ERR_BAD_REQUEST. */
int query_timestamp(struct req *, const char *name, const char **out,
    struct err *);

#endif
