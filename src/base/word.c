/* SPDX-License-Identifier: ISC */
/* Words: compares parts of texts with known words. */
#include <string.h>
#include <strings.h>

#include "base/word.h"

bool
word_is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

size_t
word_trim(const char **s, size_t n, const char *blanks)
{
	size_t len = strlen(blanks);

	for (; n > 0 && memchr(blanks, **s, len) != NULL; n--)
		++*s;
	while (n > 0 && memchr(blanks, (*s)[n - 1], len) != NULL)
		n--;
	return n;
}
