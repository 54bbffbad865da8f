/* SPDX-License-Identifier: ISC */
/* The web server's end of a connection. */
#ifndef CREEL_CREEL_PEER_H
#define CREEL_CREEL_PEER_H

#include <stdbool.h>

/* Accepts a connection from a listening socket.  Returns -1 if none is waiting,
 * or on an error, which is logged; then it sleeps 100 ms. */
int peer_accept(int listener);

enum input { INPUT_READY, INPUT_NONE, INPUT_GONE };

/* Returns whether there is input, without reading it. */
enum input peer_peek(int fd);

/* Returns whether the web server has closed the connection, as it does when its
 * client disconnects. */
bool peer_gone(int fd);

#endif
