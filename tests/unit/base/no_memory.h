/* SPDX-License-Identifier: ISC */
/* Tests of modules that end the process when there is no memory left. */
#ifndef CREEL_TESTS_UNIT_NO_MEMORY_H
#define CREEL_TESTS_UNIT_NO_MEMORY_H

/* Fails the test unless fn, in a child, reports that memory ran out and exits
 * with EX_OSERR. */
void assert_no_memory(void (*fn)(void));

#endif
