/* SPDX-License-Identifier: ISC */
/* Accepts connections from the web server and checks their state. */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/logger.h"
#include "creel/peer.h"

#define ACCEPT_PAUSE_MS 100	/* pause if no descriptors are left */

int
peer_accept(int listener)
{
	static const struct timespec rest = { 0, ACCEPT_PAUSE_MS * 1000000L };
	static const int on = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		/* Fails on unix sockets, which do not need it. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	} else if (errno != EAGAIN && errno != ECONNABORTED) {
		log_warn("accept: %s", strerror(errno));
		nanosleep(&rest, NULL);
	}
	return fd;
}

enum input
peer_peek(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n > 0)
		return INPUT_READY;
	return n < 0 && errno == EAGAIN ? INPUT_NONE : INPUT_GONE;
}

bool
peer_gone(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0;
}
