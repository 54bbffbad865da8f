/* SPDX-License-Identifier: ISC */
/* The web server's end of a connection. */
#ifndef CREEL_CREEL_PEER_H
#define CREEL_CREEL_PEER_H

#include <stdbool.h>

/* A connection that waits at a listening socket; -1 if there is none, or
 * none can be had, which is logged and then takes a moment. */
int peer_accept(int listener);

enum input { INPUT_READY, INPUT_NONE, INPUT_GONE };

/* What there is to read, without reading it. */
enum input peer_peek(int fd);

/* Whether the web server has hung up: it does when its client did. */
bool peer_gone(int fd);

#endif
