/* SPDX-License-Identifier: ISC */
/* SHA-256 (FIPS 180-4). */
#ifndef CREEL_AUTH_DIGEST_H
#define CREEL_AUTH_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

struct digest_part {
	const void *data;	/* may be NULL if len is 0 */
	size_t len;
};

/* Hashes n parts as if they were one; false if memory runs out. */
bool digest_parts(const struct digest_part *, size_t n,
    unsigned char out[DIGEST_SIZE]);
/* Writes a hash in lower-case hex. */
void digest_hex(const unsigned char hash[DIGEST_SIZE],
    char out[DIGEST_HEX_SIZE]);

#endif
