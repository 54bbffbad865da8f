/* SPDX-License-Identifier: ISC */
/* cmocka, and a macro for the unit tests of all modules. */
#ifndef CREEL_TESTS_UNIT_UNIT_H
#define CREEL_TESTS_UNIT_UNIT_H

/* cmocka.h requires these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
