/* SPDX-License-Identifier: ISC */
/* Hexadecimal digits. */
#ifndef CREEL_BASE_HEX_H
#define CREEL_BASE_HEX_H

#include <stddef.h>

/* The digits by value, in lower case. */
extern const char hex_digits[];

/* Returns the value of a digit of either case; -1 for anything else. */
int hex_value(char);

/* Writes n bytes as 2 * n digits, without a NUL.  Returns the place behind
 * them. */
char *hex_put(char *to, const void *bytes, size_t n);

#endif
