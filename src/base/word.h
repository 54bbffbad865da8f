/* SPDX-License-Identifier: ISC */
/* Words in texts of others. */
#ifndef CREEL_BASE_WORD_H
#define CREEL_BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>

/* Returns whether the n bytes at s are the word, in upper or lower case. */
bool word_is(const char *s, size_t n, const char *word);

/* Steps over those of the characters in blanks that *s begins with, and returns
 * the length of the rest of its n bytes without those at the end. */
size_t word_trim(const char **s, size_t n, const char *blanks);

#endif
