/* SPDX-License-Identifier: ISC */
/* Texts that may contain NULs. */
#ifndef CREEL_TESTS_UNIT_TEXT_H
#define CREEL_TESTS_UNIT_TEXT_H

#include <stddef.h>

struct text {
	const char *data;
	size_t len;
};

/* A literal as a struct text. */
#define T(s) { s, sizeof(s) - 1 }

#endif
