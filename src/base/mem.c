/* SPDX-License-Identifier: ISC */
/* Memory allocation that ends the process when memory runs out. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"

#define LARGE (256 << 10)	/* bytes from which blocks are mapped */

static _Noreturn void
mem_fail(void)
{
	/* Writes to the descriptor: stdio and the log may need memory. */
	dprintf(STDERR_FILENO, "creel: out of memory\n");
	_exit(EX_OSERR);
}

void *
mem_alloc(size_t n)
{
	void *p = calloc(1, n > 0 ? n : 1);

	if (p == NULL)
		mem_fail();
	return p;
}

void *
mem_resize(void *p, size_t n)
{
	p = realloc(p, n > 0 ? n : 1);
	if (p == NULL)
		mem_fail();
	return p;
}

char *
mem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(mem_alloc(n), s, n);
}

void
mem_tune(void)
{
#ifdef M_ARENA_MAX
	/* A block is often freed by another thread than the one that allocated
	 * it, and each malloc arena would keep its free memory for itself. */
	mallopt(M_ARENA_MAX, 1);
	/* Each large allocation consolidates the fast bins, and every request
	 * has one. */
	mallopt(M_MXFAST, 0);
	/* Freed large blocks return to the kernel; by default glibc raises the
	 * threshold with each of them. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, 8 * LARGE);
#endif
}
