/* SPDX-License-Identifier: ISC */
/* Clients' networks: what one client can choose addresses from. */
#ifndef CREEL_BASE_NETWORK_H
#define CREEL_BASE_NETWORK_H

#include <stddef.h>

#define NETWORK_SIZE 64

/* Writes the key under which a client's calls are limited: an IPv4 address as
 * it is, also if it is mapped to IPv6 (RFC 4291 2.5.5.2), of another IPv6
 * address the first 64 bits, which a single client has (RFC 6177), and any
 * other text as it is, cut to size. */
void network_of(const char *address, char *out, size_t size);

#endif
