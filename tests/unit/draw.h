/* SPDX-License-Identifier: ISC */
/* Generated inputs of unit tests, which a seed repeats. */
#ifndef CREEL_TESTS_UNIT_DRAW_H
#define CREEL_TESTS_UNIT_DRAW_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"

/* Returns a number of the environment, or the default. */
static inline uint64_t
draw_option(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s == NULL || *s == '\0' ? otherwise : strtoull(s, NULL, 10);
}

/* As tests/e2e/seeded.py: TEST_SEED repeats a run, TEST_CASES sets its
 * length. */
static inline uint64_t
draw_seed(void)
{
	return draw_option("TEST_SEED", (uint64_t)time(NULL));
}

static inline uint64_t
draw_cases(void)
{
	return draw_option("TEST_CASES", 10000);
}

/* Returns a pseudo-random number below n. */
static inline uint64_t
draw(uint64_t *seed, uint64_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (*seed >> 33) % n;
}

static inline void
draw_number(struct buf *b, uint64_t *seed)
{
	uint64_t i, n = draw(seed, 30);

	buf_addstr(b, draw(seed, 2) == 0 ? "-" : "");
	buf_printf(b, "%d", (int)draw(seed, 1000));
	buf_addstr(b, n > 0 ? "." : "");
	for (i = 0; i < n; i++)
		buf_printf(b, "%d", (int)draw(seed, 10));
	if (draw(seed, 2) == 0)
		buf_printf(b, "e%d", (int)draw(seed, 1900) - 950);
}

#endif
