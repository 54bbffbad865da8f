/* SPDX-License-Identifier: ISC */
/* FastCGI transport: threads, the listening socket, and timeouts. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/waitqueue.h"
#include "creel/conn.h"
#include "creel/fcgi.h"
#include "creel/peer.h"
#include "db/batch.h"
#include "db/pg.h"

#define LINGER_MS 2000		/* for idle connections when stopping */
/* Descriptors that the process needs besides its connections: one for each
 * connection to the database, and others. */
#define RESERVED(conf) \
	((conf)->threads + (conf)->writers + REFUSED_MAX + OTHERS)
#define OTHERS 64		/* log, push, certificates, metrics */
#define REFUSED_MAX 16		/* connections beyond the maximum */
#define REFUSED_MS 2000		/* for each of them to send its request */

/*
 * A connection that is parked belongs to the thread that clears its member
 * parked, under the lock; an event is only a reason to try.  An event may be
 * late, for a connection that has been closed: memory of connections is used
 * again for others, but not freed.
 */
struct fcgi {
	struct conn_host host;		/* for the connections */
	const struct conf *conf;	/* host.services->conf */
	int listener;
	int epoll;
	int wake;			/* eventfd: the threads must end */

	pthread_mutex_t lock;		/* guards the members below */
	pthread_cond_t changed;		/* n_conns fell */
	struct conn *conns;
	struct conn *spare;		/* closed ones */
	int64_t n_conns;		/* with those being accepted */
	int64_t n_refused;		/* not among them */
	int64_t max_conns;
	bool accept_paused;		/* max_conns are open */
	bool was_full;			/* ... and that was logged */

	pthread_t *threads;
	int64_t n_threads;
};

static struct fcgi *
host_fcgi(struct conn_host *host)
{
	return (struct fcgi *)(void *)
	    ((char *)host - offsetof(struct fcgi, host));
}

/* One-shot: an event wakes one thread. */
static int
watch(struct fcgi *s, int op, int fd, uint32_t events, void *ptr)
{
	struct epoll_event ev = { .events = events | EPOLLONESHOT,
	    .data.ptr = ptr };

	return epoll_ctl(s->epoll, op, fd, &ev);
}

static void
listener_arm(struct fcgi *s)
{
	if (!atomic_load(&s->host.stopping))
		watch(s, EPOLL_CTL_MOD, s->listener, EPOLLIN, &s->listener);
}

static struct conn *
conn_new(struct fcgi *s, int fd, bool refused)
{
	struct conn *conn;

	pthread_mutex_lock(&s->lock);
	conn = s->spare;
	if (conn != NULL)
		s->spare = conn->next;
	else
		conn = mem_alloc(sizeof(*conn));
	memset(conn, 0, sizeof(*conn));
	conn->next = s->conns;
	conn->back = &s->conns;
	if (s->conns != NULL)
		s->conns->back = &conn->next;
	s->conns = conn;
	s->n_refused += refused;
	pthread_mutex_unlock(&s->lock);
	conn_init(conn, &s->host, fd, refused);
	return conn;
}

/* Subtracts a connection from n_conns, also if its accept failed.  Returns true
 * if the listener was paused and must be armed. */
static bool
conn_uncount(struct fcgi *s)
{
	bool resume;

	pthread_mutex_lock(&s->lock);
	metrics_set(METRIC_CONNECTIONS, --s->n_conns);
	resume = s->accept_paused;
	s->accept_paused = false;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return resume;
}

/* Implements close of struct conn_host.  The connection leaves the list before
 * its descriptor is closed: the sweep must never shut down a descriptor that
 * was reused. */
static void
conn_close(struct conn *conn)
{
	struct fcgi *s = host_fcgi(conn->host);
	bool refused = conn->refused;

	pthread_mutex_lock(&s->lock);
	*conn->back = conn->next;
	if (conn->next != NULL)
		conn->next->back = conn->back;
	pthread_mutex_unlock(&s->lock);
	close(conn->out.fd);
	conn_release(conn);
	pthread_mutex_lock(&s->lock);
	conn->next = s->spare;
	s->spare = conn;
	s->n_refused -= refused;
	pthread_mutex_unlock(&s->lock);
	if (!refused && conn_uncount(s))
		listener_arm(s);
}

/* Shortens the time of an idle connection, when stopping.  The caller holds the
 * lock. */
static void
conn_hasten(struct conn *conn)
{
	int64_t soon = clock_ms() + LINGER_MS;

	if ((conn->state == CONN_IDLE || conn->state == CONN_LINGER) &&
	    conn->deadline > soon)
		conn->deadline = soon;
}

/* Implements park of struct conn_host. */
static void
conn_park(struct conn *conn, bool write)
{
	struct fcgi *s = host_fcgi(conn->host);
	int rc;

	pthread_mutex_lock(&s->lock);
	/* finish_requests() did not see this connection parked. */
	if (atomic_load(&s->host.stopping))
		conn_hasten(conn);
	rc = watch(s, conn->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
	    conn->out.fd, write ? EPOLLOUT : EPOLLIN, conn);
	conn->parked = conn->registered = rc == 0;
	pthread_mutex_unlock(&s->lock);
	if (rc < 0) {
		log_error("epoll_ctl: %s", strerror(errno));
		conn_close(conn);
	}
}

/* Continues with a connection, unless another thread does. */
static void
conn_ready(struct fcgi *s, struct conn *conn, struct pg *db)
{
	bool mine;

	pthread_mutex_lock(&s->lock);
	mine = conn->parked;
	conn->parked = false;
	pthread_mutex_unlock(&s->lock);
	if (mine)
		conn_continue(conn, db);
}

/*
 * Accepts and serves a connection.  It is counted before it is accepted:
 * fcgi_drain() waits for it, or it stays in the backlog for another worker.
 * The listener is armed again before the connection is served, so that another
 * thread accepts the next one.
 */
static void
listener_ready(struct fcgi *s, struct pg *db)
{
	struct conn *conn;
	bool stopping, full, report;
	int fd;

	pthread_mutex_lock(&s->lock);
	stopping = atomic_load(&s->host.stopping);
	s->n_conns += !stopping;
	metrics_set(METRIC_CONNECTIONS, s->n_conns);
	pthread_mutex_unlock(&s->lock);
	if (stopping)
		return;
	fd = peer_accept(s->listener);
	conn = fd < 0 ? NULL : conn_new(s, fd, false);
	if (conn == NULL)
		conn_uncount(s);
	pthread_mutex_lock(&s->lock);
	full = s->n_conns >= s->max_conns;
	report = full && !s->was_full;
	s->accept_paused = s->was_full = full;
	pthread_mutex_unlock(&s->lock);
	if (report)
		log_warn("max_connections (%lld) reached",
		    (long long)s->max_conns);
	if (!full)
		listener_arm(s);
	if (conn != NULL)
		conn_continue(conn, db);
}

/* Responds 503 to connections that have waited for a tick, while max_conns are
 * open: another worker of the socket did not accept them either. */
static void
refuse_waiting(struct fcgi *s)
{
	struct conn *conn;
	bool full = true;
	int fd;

	while (full) {
		pthread_mutex_lock(&s->lock);
		full = s->accept_paused && s->n_refused < REFUSED_MAX &&
		    !atomic_load(&s->host.stopping);
		pthread_mutex_unlock(&s->lock);
		if (!full || (fd = peer_accept(s->listener)) < 0)
			return;
		conn = conn_new(s, fd, true);
		conn->deadline = clock_ms() + REFUSED_MS;
		conn_park(conn, false);
	}
}

/* Resumes a waiting request that was woken; false if there is none. */
static bool
waitqueue_ready(struct fcgi *s, struct pg *db)
{
	struct waiter *waiter = waitqueue_next(s->host.services->waitqueue);

	if (waiter == NULL)
		return false;
	conn_wake(waiter->ctx, db);
	return true;
}

static void *
serve(void *arg)
{
	struct fcgi *s = arg;
	const struct pg_options options = pg_options_worker(s->conf);
	struct pg *db = pg_open(&options);
	struct epoll_event ev;

	for (;;) {
		if (epoll_wait(s->epoll, &ev, 1, -1) < 1)
			continue;
		if (ev.data.ptr == &s->wake)
			break;
		if (ev.data.ptr == &s->listener)
			listener_ready(s, db);
		else if (ev.data.ptr == s->host.services->waitqueue)
			waitqueue_ready(s, db);
		else
			conn_ready(s, ev.data.ptr, db);
	}
	pg_close(&db);
	return NULL;
}

/* Wakes a thread for a connection that has waited too long.  The caller holds
 * the lock. */
static void
conn_expire(struct fcgi *s, struct conn *conn)
{
	conn->deadline = INT64_MAX;
	conn->late = true;
	/* A socket that does not become writable: its end is an event too. */
	if (conn->state == CONN_SEND)
		shutdown(conn->out.fd, SHUT_RDWR);
	else
		watch(s, EPOLL_CTL_MOD, conn->out.fd, EPOLLIN | EPOLLOUT, conn);
}

void
fcgi_sweep(struct fcgi *s)
{
	int64_t now = clock_ms();
	struct conn *conn;

	pthread_mutex_lock(&s->lock);
	for (conn = s->conns; conn != NULL; conn = conn->next)
		if (conn->parked && conn->deadline <= now)
			conn_expire(s, conn);
	pthread_mutex_unlock(&s->lock);
	refuse_waiting(s);
}

static int
open_descriptors(struct fcgi *s, struct err *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &s->wake };
	struct epoll_event woken = { .events = EPOLLIN,
	    .data.ptr = s->host.services->waitqueue };
	int flags = fcntl(s->listener, F_GETFL);

	/* Another worker may accept the connection first. */
	if (flags < 0 || fcntl(s->listener, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    (s->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 ||
	    (s->wake = eventfd(0, EFD_CLOEXEC)) < 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &ev) < 0 ||
	    watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, &s->listener) < 0 ||
	    (s->host.services->waitqueue != NULL &&
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD,
	    waitqueue_descriptor(s->host.services->waitqueue), &woken) < 0))
		return err_set(err, ERR_INTERNAL, "listening socket: %s",
		    strerror(errno));
	return 0;
}

int
fcgi_start(const struct services *services, int listener, struct fcgi **out,
    struct err *err)
{
	struct fcgi *s = mem_alloc(sizeof(*s));
	int rc;

	s->host.services = services;
	s->host.turns = turns_new(services->conf->threads, conn_turn_ready);
	s->host.buffered = shares_new(services->conf->buffer_bytes);
	s->host.park = conn_park;
	s->host.close = conn_close;
	s->conf = services->conf;
	s->listener = listener;
	s->epoll = s->wake = -1;
	s->threads = mem_alloc((size_t)s->conf->threads *
	    sizeof(*s->threads));
	pthread_mutex_init(&s->lock, NULL);
	clock_cond_init(&s->changed);
	s->max_conns = peer_limit(s->conf->max_connections, RESERVED(s->conf));
	rc = open_descriptors(s, err);
	while (rc == 0 && s->n_threads < s->conf->threads) {
		rc = pthread_create(&s->threads[s->n_threads], NULL, serve, s);
		if (rc == 0)
			s->n_threads++;
		else
			rc = err_set(err, ERR_INTERNAL, "threads: %s",
			    strerror(rc));
	}
	*out = s;
	if (rc == 0)
		return 0;
	fcgi_drain(s);
	fcgi_free(out);
	return -1;
}

/* Waits, for a tick at most, until no connection is open. */
static bool
is_drained(struct fcgi *s)
{
	int64_t until = clock_ms() + WAITQUEUE_TICK_MS;
	bool drained;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	while (s->n_conns > 0 && rc == 0)
		rc = clock_cond_wait(&s->changed, &s->lock, until);
	drained = s->n_conns == 0;
	pthread_mutex_unlock(&s->lock);
	return drained;
}

/*
 * Waits for the requests in progress.  A connection is closed after its next
 * response.  An idle one is closed soon, but not at once: the web server may be
 * about to use it, and a request on a closed connection would fail.
 */
static void
finish_requests(struct fcgi *s)
{
	int64_t until = clock_ms() + s->conf->stop_timeout * 1000;
	struct conn *conn;

	pthread_mutex_lock(&s->lock);
	for (conn = s->conns; conn != NULL; conn = conn->next)
		if (conn->parked)
			conn_hasten(conn);
	pthread_mutex_unlock(&s->lock);
	if (s->host.services->waitqueue != NULL)
		waitqueue_stop(s->host.services->waitqueue);
	while (!is_drained(s) && clock_ms() < until) {
		fcgi_sweep(s);
		if (s->host.services->batch != NULL)
			batch_expire(s->host.services->batch);
		if (s->host.services->waitqueue != NULL)
			waitqueue_expire(s->host.services->waitqueue);
	}
	pthread_mutex_lock(&s->lock);
	if (s->n_conns > 0)
		log_warn("%lld connections aborted: stop_timeout expired",
		    (long long)s->n_conns);
	for (conn = s->conns; conn != NULL; conn = conn->next)
		shutdown(conn->out.fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}

void
fcgi_drain(struct fcgi *s)
{
	uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	atomic_store(&s->host.stopping, true);
	pthread_mutex_unlock(&s->lock);
	if (s->n_threads == 0)
		return;
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listener, NULL);
	finish_requests(s);
	/* It is never read, so it wakes every thread. */
	if (write(s->wake, &one, sizeof(one)) < 0)
		log_error("eventfd: %s", strerror(errno));
	while (s->n_threads > 0)
		pthread_join(s->threads[--s->n_threads], NULL);
}

void
fcgi_free(struct fcgi **fcgi)
{
	struct fcgi *s = *fcgi;
	struct conn *conn, *next;

	if (s == NULL)
		return;
	/* Their connections were shut down, so each request ends as if its
	 * client had disconnected. */
	if (s->host.services->waitqueue != NULL) {
		waitqueue_stop(s->host.services->waitqueue);
		while (waitqueue_ready(s, NULL))
			continue;
		for (conn = s->conns; conn != NULL; conn = next) {
			next = conn->next;
			conn_abort(conn);
		}
	}
	while (s->conns != NULL)
		conn_close(s->conns);
	while ((conn = s->spare) != NULL) {
		s->spare = conn->next;
		free(conn);
	}
	if (s->wake >= 0)
		close(s->wake);
	if (s->epoll >= 0)
		close(s->epoll);
	shares_free(&s->host.buffered);
	turns_free(&s->host.turns);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s->threads);
	free(s);
	*fcgi = NULL;
}
