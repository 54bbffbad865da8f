/* SPDX-License-Identifier: ISC */
/* FastCGI transport: threads, connections and their timeouts. */
#include <fcgiapp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/waitqueue.h"
#include "creel/dispatch.h"
#include "creel/fcgi.h"
#include "creel/peer.h"
#include "db/batch.h"
#include "db/pg.h"
#include "http/stream.h"

#define LINGER 2		/* seconds for idle connections when stopping */

/*
 * A connection from the web server, with its request in progress.  It belongs
 * to one thread at a time: parked -> served by a thread -> (owned by the batch
 * until the commit) -> responded -> parked.  The list and parked are guarded by
 * the server's lock.
 */
struct conn {
	struct fcgi *server;
	FCGX_Request q;
	struct arena arena;
	struct req req;
	int fd;				/* q.ipcFd, which libfcgi resets */
	bool registered;		/* in the epoll set */
	bool parked;
	atomic_bool hurried;		/* the rest of the body is discarded */
	_Atomic int64_t deadline;	/* of clock_ms(); 0: none */
	struct conn *next;
	struct conn **back;		/* the pointer to this one */
};

struct fcgi {
	const struct services *services;
	const struct conf *conf;	/* services->conf */
	int listener;
	int epoll;
	int wake;			/* eventfd: the threads must end */
	atomic_bool stopping;

	pthread_mutex_t lock;		/* guards the members below */
	pthread_cond_t changed;		/* n_conns fell */
	struct conn *conns;
	int64_t n_conns;		/* with those being accepted */
	bool accept_paused;		/* max_connections are open */
	bool was_full;			/* ... and that was logged */

	pthread_t *threads;
	int64_t n_threads;
};

static void
conn_allow(struct conn *conn, int64_t seconds)
{
	atomic_store(&conn->deadline, clock_ms() + seconds * 1000);
}

/* One-shot: an event wakes one thread, which owns the connection. */
static int
watch(struct fcgi *s, int op, int fd, void *ptr)
{
	struct epoll_event ev = {
	    .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = ptr };

	return epoll_ctl(s->epoll, op, fd, &ev);
}

static void
listener_arm(struct fcgi *s)
{
	if (!atomic_load(&s->stopping))
		watch(s, EPOLL_CTL_MOD, s->listener, &s->listener);
}

static struct conn *
conn_new(struct fcgi *s, int fd)
{
	struct conn *conn = mem_alloc(sizeof(*conn));

	FCGX_InitRequest(&conn->q, -1, 0);
	/* libfcgi reads from this descriptor and accepts none itself. */
	conn->q.ipcFd = conn->fd = fd;
	conn->q.keepConnection = 1;
	conn->server = s;
	conn_allow(conn, s->conf->read_timeout);

	pthread_mutex_lock(&s->lock);
	conn->next = s->conns;
	conn->back = &s->conns;
	if (s->conns != NULL)
		s->conns->back = &conn->next;
	s->conns = conn;
	pthread_mutex_unlock(&s->lock);
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

/* Removes the connection from the list before its descriptor is closed: the
 * sweep must never shut down a descriptor that was reused.  (libfcgi closes it
 * itself when a request is truncated.  That coincides with a deadline only if
 * the sweep has just shut it down, and the sweep has cleared the deadline.) */
static void
conn_close(struct fcgi *s, struct conn *conn)
{
	pthread_mutex_lock(&s->lock);
	*conn->back = conn->next;
	if (conn->next != NULL)
		conn->next->back = conn->back;
	pthread_mutex_unlock(&s->lock);
	if (conn->q.ipcFd >= 0)
		close(conn->q.ipcFd);
	free(conn);
	if (conn_uncount(s))
		listener_arm(s);
}

/* Adds the connection to the epoll set; from then on it may belong to another
 * thread. */
static void
conn_park(struct fcgi *s, struct conn *conn)
{
	int op = conn->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, rc;

	pthread_mutex_lock(&s->lock);
	conn->parked = conn->registered = true;
	/* finish_requests() did not see this connection parked. */
	if (atomic_load(&s->stopping))
		conn_allow(conn, LINGER);
	rc = watch(s, op, conn->fd, conn);
	pthread_mutex_unlock(&s->lock);
	if (rc < 0) {
		log_error("epoll_ctl: %s", strerror(errno));
		conn_close(s, conn);
	}
}

static void
conn_unpark(struct fcgi *s, struct conn *conn)
{
	/* The sweep shuts down a connection that is parked and has no input;
	 * the lock prevents a request from beginning in between. */
	pthread_mutex_lock(&s->lock);
	conn->parked = false;
	conn_allow(conn, s->conf->read_timeout);
	pthread_mutex_unlock(&s->lock);
}

/* Implements http_hurry_fn: the sweep ends a body that arrives too slowly. */
static void
conn_hurry(void *ctx)
{
	struct conn *conn = ctx;

	atomic_store(&conn->hurried, true);
	atomic_store(&conn->deadline, clock_ms() + HTTP_HURRY_MS);
}

/* Implements http_gone_fn. */
static bool
conn_gone(void *ctx)
{
	const struct conn *conn = ctx;

	return peer_gone(conn->fd);
}

/* Implements http_read_fn.  At the end of the body the read timeout ends and
 * the stream's memory is freed, because the request may wait long. */
static ssize_t
conn_read(void *ctx, char *to, size_t n)
{
	struct conn *conn = ctx;
	int got;

	if (conn->q.in == NULL)
		return 0;
	got = FCGX_GetStr(to, (int)n, conn->q.in);
	if (got > 0 && atomic_load(&conn->hurried))
		conn_hurry(conn);
	if (got > 0)
		return got;
	if (FCGX_GetError(conn->q.in) != 0)
		return -1;
	FCGX_FreeStream(&conn->q.in);
	atomic_store(&conn->deadline, 0);
	return 0;
}

/* Implements stream_send_fn: write_timeout applies to each piece. */
static int
conn_send(void *ctx, const char *p, size_t n)
{
	struct conn *conn = ctx;

	conn_allow(conn, conn->server->conf->write_timeout);
	if (conn_gone(conn) || (n > 0 &&
	    (FCGX_PutStr(p, (int)n, conn->q.out) < 0 ||
	    FCGX_FFlush(conn->q.out) < 0)))
		return -1;
	atomic_store(&conn->deadline, 0);
	return 0;
}

/* Sends the pieces of a response, if it has any.  Returns false if the response
 * was cut off. */
static bool
conn_stream(struct conn *conn)
{
	struct err err;

	if (stream_send(&conn->req, conn_send, &err) == 0)
		return true;
	log_warn("request id=%s cut=%s", conn->req.id, err.text);
	return false;
}

/* Sends the response.  Returns whether the connection may be kept: only if the
 * body was read to its end, because the rest would be read as the next request,
 * which the sender could forge. */
static bool
conn_answer(struct conn *conn)
{
	const struct resp *resp = &conn->req.resp;
	FCGX_Request *q = &conn->q;
	struct buf head;
	bool whole, keep;

	atomic_store(&conn->hurried, false);
	conn_allow(conn, conn->server->conf->write_timeout);
	buf_init(&head);
	http_head(resp, &head);
	FCGX_PutStr(head.data, (int)head.len, q->out);
	if (!resp->head && resp->body_len > 0)
		FCGX_PutStr(resp->body, (int)resp->body_len, q->out);
	buf_release(&head);
	whole = conn_stream(conn);
	conn_allow(conn, conn->server->conf->write_timeout);
	FCGX_FClose(q->err);
	/* Without its end record the web server sees a truncated response. */
	keep = whole && FCGX_FClose(q->out) == 0 && conn->req.body_ended &&
	    q->keepConnection && !atomic_load(&conn->server->stopping);
	/* The web server should receive the end together with the response,
	 * before it keeps the connection for another request. */
	if (!keep && (q->keepConnection || !whole))
		shutdown(conn->fd, SHUT_WR);
	/* Frees the streams; the descriptor stays open. */
	FCGX_Free(q, 0);
	return keep;
}

/* Sends the response of every request, then parks or closes the connection.
 * Runs on any thread. */
static void
conn_respond(struct req *req)
{
	struct conn *conn = req->ctx;
	struct fcgi *s = conn->server;
	bool keep = conn_answer(conn);

	arena_release(&conn->arena);
	if (!keep) {
		conn_close(s, conn);
		return;
	}
	conn_allow(conn, s->conf->idle_timeout);
	conn_park(s, conn);
}

static void
conn_serve(struct fcgi *s, struct conn *conn, struct pg *db)
{
	if (FCGX_Accept_r(&conn->q) < 0) {
		/* Not FastCGI, or truncated: libfcgi has closed it. */
		log_debug("a connection sent no request");
		conn_close(s, conn);
		return;
	}
	conn->req = (struct req){ .services = s->services,
	    .arena = &conn->arena, .db = db, .read = conn_read,
	    .hurry = conn_hurry, .gone = conn_gone, .send = conn_respond,
	    .ctx = conn };
	dispatch(&conn->req, conn->q.envp);
}

/* Handles a new connection, or one that the web server may have closed. */
static void
conn_check(struct fcgi *s, struct conn *conn, struct pg *db)
{
	switch (peer_peek(conn->fd)) {
	case INPUT_READY:
		conn_serve(s, conn, db);
		break;
	case INPUT_NONE:
		conn_park(s, conn);
		break;
	case INPUT_GONE:
		conn_close(s, conn);
		break;
	}
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
	stopping = atomic_load(&s->stopping);
	s->n_conns += !stopping;
	metrics_set(METRIC_CONNECTIONS, s->n_conns);
	pthread_mutex_unlock(&s->lock);
	if (stopping)
		return;
	fd = peer_accept(s->listener);
	conn = fd < 0 ? NULL : conn_new(s, fd);
	if (conn == NULL)
		conn_uncount(s);
	pthread_mutex_lock(&s->lock);
	full = s->n_conns >= s->conf->max_connections;
	report = full && !s->was_full;
	s->accept_paused = s->was_full = full;
	pthread_mutex_unlock(&s->lock);
	if (report)
		log_warn("max_connections (%lld) reached",
		    (long long)s->conf->max_connections);
	if (!full)
		listener_arm(s);
	if (conn != NULL)
		conn_check(s, conn, db);
}

/* Handles an event of a parked connection. */
static void
conn_ready(struct fcgi *s, struct conn *conn, uint32_t events, struct pg *db)
{
	conn_unpark(s, conn);
	if (events == EPOLLIN)
		conn_serve(s, conn, db);
	else
		conn_check(s, conn, db);
}

/* Resumes a waiting request that was woken; false if there is none. */
static bool
waitqueue_ready(struct fcgi *s, struct pg *db)
{
	struct waiter *waiter = waitqueue_next(s->services->waitqueue);
	struct req *req;

	if (waiter == NULL)
		return false;
	req = waiter->ctx;
	req->db = db;
	req->on_wake(req);
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
		else if (ev.data.ptr == s->services->waitqueue)
			waitqueue_ready(s, db);
		else
			conn_ready(s, ev.data.ptr, ev.events, db);
	}
	pg_close(&db);
	return NULL;
}

void
fcgi_sweep(struct fcgi *s)
{
	int64_t now = clock_ms(), deadline;
	struct conn *conn;

	pthread_mutex_lock(&s->lock);
	for (conn = s->conns; conn != NULL; conn = conn->next) {
		deadline = atomic_load(&conn->deadline);
		if (deadline == 0 || deadline > now)
			continue;
		/* A request that has just arrived is served. */
		if (conn->parked && peer_peek(conn->fd) == INPUT_READY)
			continue;
		/* Once only: the shutdown wakes its thread, which closes it. */
		atomic_store(&conn->deadline, 0);
		/* A hurried client still receives its response. */
		shutdown(conn->fd, atomic_load(&conn->hurried) ? SHUT_RD :
		    SHUT_RDWR);
	}
	pthread_mutex_unlock(&s->lock);
}

static int
open_descriptors(struct fcgi *s, struct err *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &s->wake };
	struct epoll_event woken = { .events = EPOLLIN,
	    .data.ptr = s->services->waitqueue };
	int flags = fcntl(s->listener, F_GETFL);

	/* Another worker may accept the connection first. */
	if (flags < 0 || fcntl(s->listener, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    (s->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 ||
	    (s->wake = eventfd(0, EFD_CLOEXEC)) < 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &ev) < 0 ||
	    watch(s, EPOLL_CTL_ADD, s->listener, &s->listener) < 0 ||
	    (s->services->waitqueue != NULL &&
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD,
	    waitqueue_descriptor(s->services->waitqueue), &woken) < 0))
		return err_set(err, ERR_INTERNAL, "listening socket: %s",
		    strerror(errno));
	return 0;
}

int
fcgi_start(const struct services *services, int listener, struct fcgi **out,
    struct err *err)
{
	struct fcgi *s = mem_alloc(sizeof(*s));
	int rc = 0;

	s->services = services;
	s->conf = services->conf;
	s->listener = listener;
	s->epoll = s->wake = -1;
	s->threads = mem_alloc((size_t)s->conf->threads *
	    sizeof(*s->threads));
	pthread_mutex_init(&s->lock, NULL);
	clock_cond_init(&s->changed);
	if (FCGX_Init() != 0)
		rc = err_set(err, ERR_INTERNAL, "libfcgi: cannot initialize");
	else
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
			conn_allow(conn, LINGER);
	pthread_mutex_unlock(&s->lock);
	if (s->services->waitqueue != NULL)
		waitqueue_stop(s->services->waitqueue);
	while (!is_drained(s) && clock_ms() < until) {
		fcgi_sweep(s);
		if (s->services->batch != NULL)
			batch_expire(s->services->batch);
		if (s->services->waitqueue != NULL)
			waitqueue_expire(s->services->waitqueue);
	}
	pthread_mutex_lock(&s->lock);
	if (s->n_conns > 0)
		log_warn("%lld connections aborted: stop_timeout expired",
		    (long long)s->n_conns);
	for (conn = s->conns; conn != NULL; conn = conn->next)
		shutdown(conn->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}

void
fcgi_drain(struct fcgi *s)
{
	uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	atomic_store(&s->stopping, true);
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

	if (s == NULL)
		return;
	/* Their connections were shut down, so each request ends as if its
	 * client had disconnected. */
	if (s->services->waitqueue != NULL) {
		waitqueue_stop(s->services->waitqueue);
		while (waitqueue_ready(s, NULL))
			continue;
	}
	while (s->conns != NULL)
		conn_close(s, s->conns);
	if (s->wake >= 0)
		close(s->wake);
	if (s->epoll >= 0)
		close(s->epoll);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s->threads);
	free(s);
	*fcgi = NULL;
}
