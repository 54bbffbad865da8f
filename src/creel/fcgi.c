/* SPDX-License-Identifier: ISC */
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

#define LINGER 2		/* seconds for idle connections at the end */

/*
 * A connection of the web server, with the request that is under way on it.
 * It belongs to one thread at a time, and moves: parked -> served by a thread
 * -> (waiting for its commit, in the batch's hands) -> answered -> parked.  The
 * list and parked are guarded by the server's lock.
 */
struct conn {
	struct fcgi *server;
	FCGX_Request q;
	struct arena arena;
	struct req req;
	int fd;				/* q.ipcFd, which libfcgi forgets */
	bool registered;		/* in the epoll set */
	bool parked;
	atomic_bool hurried;		/* only what is left of a body comes */
	_Atomic int64_t deadline;	/* of clock_ms(); 0: none */
	struct conn *next;
	struct conn **back;		/* what points at us */
};

struct fcgi {
	const struct services *services;
	const struct conf *conf;	/* services->conf */
	int listener;
	int epoll;
	int wake;			/* eventfd: the threads shall end */
	atomic_bool stopping;

	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t changed;		/* n_conns fell */
	struct conn *conns;
	int64_t n_conns;		/* those about to be accepted too */
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

/* One-shot, so that one thread at a time has what is ready. */
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
	/* libfcgi shall read from our descriptor and accept none itself. */
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

/* One connection less, perhaps one that was only hoped for; whether the
 * listener was waiting for that. */
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

/* Off the list before the descriptor is closed: the sweep must never cut a
 * descriptor that is somebody else's by now.  (libfcgi closes one itself when
 * a request breaks off: a moment that falls together with a deadline only if
 * the sweep has just cut it, and then there is no deadline any more.) */
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

/* Gives the connection to the epoll set; from then on it may be another
 * thread's. */
static void
conn_park(struct fcgi *s, struct conn *conn)
{
	int op = conn->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, rc;

	pthread_mutex_lock(&s->lock);
	conn->parked = conn->registered = true;
	/* Whoever stops the server has passed this connection by. */
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
	/* The sweep looks whether it is parked and has nothing to read, and
	 * ends it then: between the two no request may begin. */
	pthread_mutex_lock(&s->lock);
	conn->parked = false;
	conn_allow(conn, s->conf->read_timeout);
	pthread_mutex_unlock(&s->lock);
}

/* An http_hurry_fn: what comes too slowly the sweep ends. */
static void
conn_hurry(void *ctx)
{
	struct conn *conn = ctx;

	atomic_store(&conn->hurried, true);
	atomic_store(&conn->deadline, clock_ms() + HTTP_HURRY_MS);
}

/* An http_gone_fn. */
static bool
conn_gone(void *ctx)
{
	const struct conn *conn = ctx;

	return peer_gone(conn->fd);
}

/* An http_read_fn: at its end the request has come in, and in time.  While it
 * waits it needs no memory for reading any more. */
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

/* A stream_send_fn: each piece has the time of an answer. */
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

/* Sends the pieces of an answer, if it has any: whether it is whole now. */
static bool
conn_stream(struct conn *conn)
{
	struct err err;

	if (stream_send(&conn->req, conn_send, &err) == 0)
		return true;
	log_warn("request id=%s: cut: %s", conn->req.id, err.text);
	return false;
}

/* Sends the answer; whether the connection may be kept.  It may only when the
 * body was read to its end: what is left of it would be read as the next
 * request, made up by whoever sent it. */
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
	/* An end that is not told of shows that the answer was cut. */
	keep = whole && FCGX_FClose(q->out) == 0 && conn->req.body_ended &&
	    q->keepConnection && !atomic_load(&conn->server->stopping);
	/* The web server should see the end together with the answer, before
	 * it keeps the connection for another request. */
	if (!keep && (q->keepConnection || !whole))
		shutdown(conn->fd, SHUT_WR);
	/* Frees the streams; the descriptor stays ours to park or close. */
	FCGX_Free(q, 0);
	return keep;
}

/* The one way out of every request, on whichever thread it ends. */
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
		/* Not FastCGI, or broken off: libfcgi has closed it. */
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

/* A new one, or one that may have ended. */
static void
conn_look(struct fcgi *s, struct conn *conn, struct pg *db)
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
 * A connection is counted before it is accepted: whoever stops the server
 * waits for it then, or it stays in the backlog for another worker.  The
 * listener is armed again before it is served, so that the next one finds
 * another thread.
 */
static void
listener_ready(struct fcgi *s, struct pg *db)
{
	struct conn *conn;
	bool stopping, full, tell;
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
	tell = full && !s->was_full;
	s->accept_paused = s->was_full = full;
	pthread_mutex_unlock(&s->lock);
	if (tell)
		log_warn("max_connections (%lld) are open",
		    (long long)s->conf->max_connections);
	if (!full)
		listener_arm(s);
	if (conn != NULL)
		conn_look(s, conn, db);
}

/* A parked one has something for us. */
static void
conn_ready(struct fcgi *s, struct conn *conn, uint32_t events, struct pg *db)
{
	conn_unpark(s, conn);
	if (events == EPOLLIN)
		conn_serve(s, conn, db);
	else
		conn_look(s, conn, db);
}

/* A request that was held has something to look at; false: none has. */
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
		else if (ev.data.ptr == &s->services)
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
		/* A request that has just come is served. */
		if (conn->parked && peer_peek(conn->fd) == INPUT_READY)
			continue;
		/* Once only: its thread closes it when it wakes up. */
		atomic_store(&conn->deadline, 0);
		/* Who is only hurried gets its answer. */
		shutdown(conn->fd, atomic_load(&conn->hurried) ? SHUT_RD :
		    SHUT_RDWR);
	}
	pthread_mutex_unlock(&s->lock);
}

static int
open_descriptors(struct fcgi *s, struct err *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &s->wake };
	struct epoll_event held = { .events = EPOLLIN,
	    .data.ptr = &s->services };
	int flags = fcntl(s->listener, F_GETFL);

	/* Another worker may take the connection that we were woken for. */
	if (flags < 0 || fcntl(s->listener, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    (s->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 ||
	    (s->wake = eventfd(0, EFD_CLOEXEC)) < 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &ev) < 0 ||
	    watch(s, EPOLL_CTL_ADD, s->listener, &s->listener) < 0 ||
	    (s->services->waitqueue != NULL &&
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD,
	    waitqueue_descriptor(s->services->waitqueue), &held) < 0))
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
		rc = err_set(err, ERR_INTERNAL, "libfcgi: no start");
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
 * A kept connection ends with its next answer.  One on which no request comes
 * ends soon, but not at once: the web server may be about to use it, and what
 * it would send to a closed one is lost to the caller.
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
		log_warn("%lld connections are cut: stop_timeout is over",
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
	/* Never read: it wakes every thread. */
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
	/* Their connections were cut, so each ends as if its caller left. */
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
