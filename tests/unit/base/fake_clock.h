/* SPDX-License-Identifier: ISC */
/* A clock that stands still until a test sets it. */
#ifndef CREEL_TESTS_UNIT_FAKE_CLOCK_H
#define CREEL_TESTS_UNIT_FAKE_CLOCK_H

#include <time.h>

/* What clock_gettime(2), which this replaces, returns for every clock. */
extern struct timespec now;

#endif
