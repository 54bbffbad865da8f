/* SPDX-License-Identifier: ISC */
/*
 * Files that processes map to share memory.  A mapping without disk space
 * behind it raises SIGBUS when it is used, so the space is allocated first.
 */
#ifndef CREEL_BASE_MAPPED_H
#define CREEL_BASE_MAPPED_H

#include <stdbool.h>
#include <stddef.h>

/* Allocates the first size bytes of a file, keeps their contents, and maps them
 * for reading and writing, shared; the caller unmaps them with munmap().
 * Returns NULL and sets errno. */
void *mapped_open(int fd, size_t size);
/* Returns whether errno says that the file system or a quota is full. */
bool mapped_is_full(int error);

#endif
