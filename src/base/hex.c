/* SPDX-License-Identifier: ISC */
/* Hexadecimal digits: reads and writes them. */
#include "base/hex.h"

const char hex_digits[] = "0123456789abcdef";

int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
hex_put(char *to, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (; n > 0; n--, p++) {
		*to++ = hex_digits[*p >> 4];
		*to++ = hex_digits[*p & 15];
	}
	return to;
}
