/* SPDX-License-Identifier: ISC */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"

#define LARGE (256 << 10)	/* bytes that are mapped for themselves */

static _Noreturn void
mem_fail(void)
{
	/* Straight to the descriptor: stdio and the log may want memory. */
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
	/* What one thread allocates another frees; each arena would keep what
	 * was freed in it for itself. */
	mallopt(M_ARENA_MAX, 1);
	/* Fast bins are merged whenever something large is allocated, which
	 * every request does. */
	mallopt(M_MXFAST, 0);
	/* What is large goes back when it is freed, however often it comes. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, 8 * LARGE);
#endif
}
