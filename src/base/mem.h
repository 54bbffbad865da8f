/* SPDX-License-Identifier: ISC */
/*
 * Allocation that cannot fail: when memory runs out, the process writes one
 * line to standard error and exits with EX_OSERR.  No acknowledged call is lost
 * (a call is committed before the response), nothing can fail open, and the
 * supervisor starts another worker.
 */
#ifndef CREEL_BASE_MEM_H
#define CREEL_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory of n bytes; the caller frees it with free(3). */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
/* As realloc(3); new bytes are not zeroed. */
void *mem_resize(void *p, size_t n) __attribute__((returns_nonnull));
/* A copy of s; the caller frees it with free(3). */
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Tunes malloc(3) for a worker, if it is glibc's.  Call it before the first
 * thread starts. */
void mem_tune(void);

#endif
