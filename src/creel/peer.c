/* SPDX-License-Identifier: ISC */
/* Accepts connections from the web server and checks their state. */
#include <sys/resource.h>
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

bool
peer_gone(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0;
}

int64_t
peer_limit(int64_t wanted, int64_t reserved)
{
	struct rlimit limit;
	int64_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= (rlim_t)(wanted + reserved))
		return wanted;
	most = (int64_t)limit.rlim_cur - reserved;
	most = most < 1 ? 1 : most;
	log_warn("max_connections: reduced to %lld, because the limit of open "
	    "files is %lld", (long long)most, (long long)limit.rlim_cur);
	return most;
}
