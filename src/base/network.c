/* SPDX-License-Identifier: ISC */
/* Clients' networks, for limits. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "base/network.h"

#define PREFIX_BYTES 8

void
network_of(const char *address, char *out, size_t size)
{
	struct in6_addr ip;

	if (inet_pton(AF_INET6, address, &ip) != 1) {
		snprintf(out, size, "%s", address);
	} else if (IN6_IS_ADDR_V4MAPPED(&ip)) {
		inet_ntop(AF_INET, &ip.s6_addr[12], out, (socklen_t)size);
	} else {
		memset(&ip.s6_addr[PREFIX_BYTES], 0,
		    sizeof(ip.s6_addr) - PREFIX_BYTES);
		inet_ntop(AF_INET6, &ip, out, (socklen_t)size);
	}
}
