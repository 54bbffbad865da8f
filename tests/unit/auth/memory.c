/* SPDX-License-Identifier: ISC */
/* An allocator for OpenSSL that fails where a test wants it to. */
#include <openssl/crypto.h>

#include <stdlib.h>

#include "memory.h"

static struct {
	bool armed;
	bool lasting;
	size_t at;
	size_t count;
} failure;

static bool
fails(void)
{
	size_t n = failure.count;

	if (!failure.armed)
		return false;
	failure.count++;
	return n == failure.at || (failure.lasting && n > failure.at);
}

static void *
memory_new(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(n);
}

static void *
memory_resize(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void
memory_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

int
memory_init(void)
{
	return CRYPTO_set_mem_functions(memory_new, memory_resize,
	    memory_free) == 1 ? 0 : -1;
}

void
memory_arm(size_t at, bool lasting)
{
	failure.at = at;
	failure.lasting = lasting;
	failure.count = 0;
	failure.armed = true;
}

bool
memory_disarm(void)
{
	failure.armed = false;
	return failure.count > failure.at;
}
