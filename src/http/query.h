/* SPDX-License-Identifier: ISC */
/* Parameters of a request's query, as our own resources read them: one that is
 * blank is as good as missing. */
#ifndef CREEL_HTTP_QUERY_H
#define CREEL_HTTP_QUERY_H

#include <stdint.h>

#include "http/http.h"

/* The first value, decoded, in the arena; NULL if there is none.  What is not
 * UTF-8 is Latin-1, a NUL is U+FFFD. */
const char *query_text(struct req *, const char *name);

/* A whole number of digits alone; *out stays if there is none.  -1 with
 * ERR_BAD_REQUEST. */
int query_number(struct req *, const char *name, int64_t min, int64_t max,
    int64_t *out, struct err *);

/* A moment of RFC 3339, as it was sent; NULL if there is none.  -1 with
 * ERR_BAD_REQUEST. */
int query_timestamp(struct req *, const char *name, const char **out,
    struct err *);

#endif
