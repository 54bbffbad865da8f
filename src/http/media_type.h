/* SPDX-License-Identifier: ISC */
/* The grammar of header fields: tokens, values, media types (RFC 9110). */
#ifndef CREEL_HTTP_MEDIA_TYPE_H
#define CREEL_HTTP_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the length of the token at the start (section 5.6.2); 0: none. */
size_t token_length(const char *);

/* Returns whether n characters may be sent as a field's value (section 5.5),
 * which has no blank or tab at either end. */
bool field_value_is_valid(const char *, size_t n);

/* Returns the length of "type/subtype" at the start of a value that is exactly
 * one media type with valid parameters (sections 5.6.6 and 8.3.1), each of
 * which occurs once (RFC 6838, section 4.3); otherwise 0. */
size_t media_type_length(const char *);

#endif
