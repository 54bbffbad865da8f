/* SPDX-License-Identifier: ISC */
/*
 * Memory that cannot fail: when there is none left the process logs one line
 * and leaves with EX_OSERR.  Nothing acknowledged is lost by that (a call is
 * committed before it is answered), nothing can fail open, and whoever
 * supervises the worker starts another.  libfcgi does the same.
 */
#ifndef CREEL_BASE_MEM_H
#define CREEL_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory of n bytes; the caller frees it with free(3). */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
/* As realloc(3); what is new is not zeroed. */
void *mem_resize(void *p, size_t n) __attribute__((returns_nonnull));
/* A copy of s; the caller frees it with free(3). */
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Sets malloc(3) up for a worker, where it can be (glibc); before the first
 * thread. */
void mem_tune(void);

#endif
