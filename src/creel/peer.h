/* SPDX-License-Identifier: ISC */
/* The web server's end of a connection. */
#ifndef CREEL_CREEL_PEER_H
#define CREEL_CREEL_PEER_H

#include <stdbool.h>
#include <stdint.h>

/* Accepts a connection from a listening socket.  Returns -1 if none is waiting,
 * or on an error, which is logged; then it sleeps 100 ms. */
int peer_accept(int listener);

/* Returns whether the web server has closed the connection, as it does when its
 * client disconnects. */
bool peer_gone(int fd);

/* Raises the process's limit of open files as far as it may.  Returns how many
 * connections fit in besides reserved other descriptors: wanted or, with a
 * warning, fewer, but at least 1. */
int64_t peer_limit(int64_t wanted, int64_t reserved);

#endif
