/* SPDX-License-Identifier: ISC */
/* An allocator for OpenSSL that fails where a test wants it to. */
#ifndef CREEL_TESTS_UNIT_MEMORY_H
#define CREEL_TESTS_UNIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Installs the allocator.  Returns -1 if OpenSSL has allocated already. */
int memory_init(void);

/* Makes the allocation fail that comes after at others, and all later ones if
 * lasting, until memory_disarm(). */
void memory_arm(size_t at, bool lasting);

/* Returns whether an allocation failed since memory_arm(). */
bool memory_disarm(void);

#endif
