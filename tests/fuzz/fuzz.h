/* SPDX-License-Identifier: ISC */
/*
 * Shared by the fuzzers.  To build one: "make tests/fuzz/fuzz_NAME" in a tree
 * configured with CC=clang --enable-sanitize=address,undefined and
 * CFLAGS='-g -O1 -fsanitize=fuzzer-no-link'; those that need the database's
 * statements, after "make src/db/sql_data.inc".  Its seeds are in seeds/NAME.
 */
#ifndef CREEL_TESTS_FUZZ_FUZZ_H
#define CREEL_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* libFuzzer calls the first one once, if it exists, and the other with each
 * input. */
int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Ends the fuzzer with a report of the input unless holds. */
static inline void
require(bool holds)
{
	if (!holds)
		abort();
}

#endif
