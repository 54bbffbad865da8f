/* SPDX-License-Identifier: ISC */
/* Maps files that processes share, with their disk space allocated. */
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>

#include "base/mapped.h"

void *
mapped_open(int fd, size_t size)
{
	void *p = MAP_FAILED;
	int rc = posix_fallocate(fd, 0, (off_t)size);

	if (rc != 0)
		errno = rc;
	else
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (p == MAP_FAILED)
		return NULL;
	return p;
}

bool
mapped_is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}
