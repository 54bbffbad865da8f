/* SPDX-License-Identifier: ISC */
/*
 * IDs and secrets.  All functions may be called from any thread; the random
 * bits come from the kernel.
 */
#ifndef CREEL_BASE_IDS_H
#define CREEL_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_OBJECT_SIZE 25	/* 24 hex digits and the NUL */
#define ID_UUID_SIZE 37		/* 36 characters and the NUL */
#define ID_UUID_BYTES 16	/* in binary */

void id_random(void *, size_t n);	/* n random bytes */
/* 24 lower-case hex digits: time, random, counter (the ObjectId layout). */
void id_object(char out[ID_OBJECT_SIZE]);
bool id_is_object(const char *s);	/* 24 hex digits of either case */
/* A UUIDv7 (RFC 9562, method 3: 12 bits below the millisecond), greater than
 * every one that this process created before. */
void id_event(char out[ID_UUID_SIZE]);
/* The lowest UUIDv7 of a time in seconds since 1970. */
void id_event_floor(int64_t seconds, char out[ID_UUID_SIZE]);
/* A UUIDv4. */
void id_guid(char out[ID_UUID_SIZE]);
/* Reads a GUID: 36 characters with dashes in any case, the same in braces, or
 * 32 hex digits.  out receives it in lower case with dashes.  Returns false,
 * without changing out, for anything else. */
bool id_parse_guid(const char *s, char out[ID_UUID_SIZE]);
/* Converts a UUID of 36 lower-case characters, as created above, to bytes. */
void id_uuid_bytes(const char *uuid, unsigned char out[ID_UUID_BYTES]);
/* n random bytes as unpadded base64url; out has room for 4 * n / 3 + 2. */
void id_secret(unsigned n, char *out);

#endif
