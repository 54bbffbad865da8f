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
