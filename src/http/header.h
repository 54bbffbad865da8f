/* SPDX-License-Identifier: ISC */
/* The grammar of headers: tokens, values, media types (RFC 9110). */
#ifndef CREEL_HTTP_HEADER_H
#define CREEL_HTTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the length of the token at the start (section 5.6.2); 0: none. */
size_t header_token_length(const char *);

/* Returns whether n characters may be sent as a header's value (section 5.5),
 * which has no blank or tab at either end. */
bool header_value_is_valid(const char *, size_t n);

/* Returns the length of "type/subtype" at the start of a value that is one
 * media type, with or without parameters, which are not checked; otherwise
 * 0. */
size_t header_type_length(const char *);

/* The same for a value that can be sent: its parameters are valid (sections
 * 5.6.6 and 8.3.1), and each of them occurs once (RFC 6838, section 4.3). */
size_t header_type_valid(const char *);

#endif
