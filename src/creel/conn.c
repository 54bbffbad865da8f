/* SPDX-License-Identifier: ISC */
/* Connections: reads requests and sends responses without blocking a thread. */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/logger.h"
#include "creel/conn.h"
#include "creel/dispatch.h"
#include "creel/outgoing.h"
#include "creel/owner.h"
#include "creel/peer.h"
#include "http/body.h"
#include "http/stream.h"

#define INPUT_SIZE 65536	/* bytes of a read */
#define READS 4			/* at most, before others have their turn */
#define PARAMS_MAX (2 * HTTP_HEAD_MAX)
#define KEPT_MAX 16384		/* bytes of a buffer of an idle connection */
#define GRACE_MS 10000		/* read_rate applies after this time */
/* The rest of a body that is discarded may take DRAIN_MS, and one millisecond
 * more for each DRAIN_RATE bytes. */
#define DRAIN_MS 250
#define DRAIN_RATE 1000

static void conn_send(struct conn *);

void
conn_init(struct conn *c, struct conn_host *host, int fd, bool refused)
{
	const struct conf *conf = host->services->conf;

	c->host = host;
	c->refused = refused;
	c->since = clock_ms();
	c->deadline = c->since + conf->read_timeout * 1000;
	c->arena = (struct arena)ARENA_INIT;
	buf_init(&c->params);
	buf_init(&c->rest);
	outgoing_init(&c->out, fd);
}

static void
buffer_release(struct conn *c)
{
	share_set(c->host->buffered, &c->buffered, "", 0);
}

/* Returns the owner of the request, "" while its variables, which name it, are
 * not complete. */
static const char *
request_owner(struct conn *c)
{
	if (c->state == CONN_PARAMS)
		return "";
	if (c->owner == NULL)
		c->owner = owner_of(&c->req);
	return c->owner;
}

/* Counts the request's variables and n other bytes, which the connection holds
 * for a slow peer, as part of buffer_bytes. */
static int
buffer_take(struct conn *c, size_t n, struct err *err)
{
	switch (share_set(c->host->buffered, &c->buffered, request_owner(c),
	    (int64_t)(c->params.len + n))) {
	case SHARE_TAKEN:
		return 0;
	case SHARE_USED:
		return err_set(err, ERR_RATE, "too many bytes of the sender "
		    "are in progress (buffer_bytes)");
	case SHARE_FULL:
		break;
	}
	return err_set(err, ERR_UNAVAILABLE, "buffer_bytes are in use (%lld)",
	    (long long)c->host->services->conf->buffer_bytes);
}

void
conn_release(struct conn *c)
{
	turn_end(c->host->turns, &c->turn);
	buffer_release(c);
	if (c->req.services != NULL)
		stream_end(&c->req);
	arena_release(&c->arena);
	buf_release(&c->params);
	buf_release(&c->rest);
	outgoing_release(&c->out);
}

/* -- turns: requests that query the database hold a thread meanwhile */

/* Runs what was prepared, on this thread.  The connection may be another
 * thread's, or closed, before this returns. */
static void
run_turn(struct conn *c)
{
	struct turns *turns = c->host->turns;
	struct turn turn;

	turn_detach(&c->turn, &turn);
	c->state = CONN_BUSY;
	c->run(&c->req);
	turn_end(turns, &turn);
}

static void
take_turn(struct conn *c, void (*run)(struct req *))
{
	c->run = run;
	c->state = CONN_TURN;
	if (turn_begin(c->host->turns, &c->turn, request_owner(c)))
		run_turn(c);
}

void
conn_turn_ready(struct turn *turn)
{
	struct conn *c = (struct conn *)(void *)
	    ((char *)turn - offsetof(struct conn, turn));

	/* Another thread takes it at once. */
	c->host->park(c, true);
}

void
conn_wake(struct req *req, struct pg *db)
{
	req->db = db;
	take_turn(req->ctx, req->on_wake);
}

void
conn_abort(struct conn *c)
{
	/* A waiter leaves its queue, because its client has gone. */
	if (c->state != CONN_TURN || c->run != c->req.on_wake)
		return;
	turn_end(c->host->turns, &c->turn);
	run_turn(c);
}

static void
run_body(struct req *req)
{
	dispatch_body(req, NULL);
}

/* -- waiting for input */

/* Returns the seconds in which the body must arrive: fewer if no credential was
 * required so far. */
static int64_t
body_timeout(const struct conn *c)
{
	const struct conf *conf = c->host->services->conf;
	bool public = c->req.principal == NULL && c->req.hook == NULL;

	return public && conf->public_read_timeout < conf->read_timeout ?
	    conf->public_read_timeout : conf->read_timeout;
}

static int64_t
body_deadline(const struct conn *c)
{
	int64_t rate = c->host->services->conf->read_rate, slowest;
	int64_t most = body_timeout(c) * 1000;

	if (rate == 0)
		return c->since + most;
	slowest = GRACE_MS + (int64_t)c->req.raw_len * 1000 / rate;
	return c->since + (slowest < most ? slowest : most);
}

/* Continues with the whole body, or with the reason why there is none.  in is
 * the input that follows, which is kept for conn_respond(): another thread may
 * call that.  NULL: nothing more is read. */
static void
request_continue(struct conn *c, const struct record_input *in,
    const struct err *why)
{
	c->rest.len = 0;
	if (in != NULL)
		buf_add(&c->rest, in->p, in->n);
	buffer_release(c);
	if (why == NULL && !owner_is_brief(&c->req)) {
		take_turn(c, run_body);
		return;
	}
	c->state = CONN_BUSY;
	dispatch_body(&c->req, why);
}

/* Handles the end of the time that a connection may wait. */
static void
expire(struct conn *c)
{
	struct err err;

	switch (c->state) {
	case CONN_BODY:
		err_set(&err, ERR_REQUEST_TIMEOUT, "body: must arrive within "
		    "%lld seconds, at %lld bytes a second or more",
		    (long long)body_timeout(c),
		    (long long)c->host->services->conf->read_rate);
		c->broken = true;
		request_continue(c, NULL, &err);
		break;
	case CONN_DRAIN:
		c->broken = true;
		conn_send(c);
		break;
	default:
		c->host->close(c);
	}
}

static void
await_input(struct conn *c, bool late)
{
	const struct conf *conf = c->host->services->conf;
	struct err err;

	if (late) {
		expire(c);
		return;
	}
	if (c->state == CONN_PARAMS) {
		c->deadline = c->since + conf->read_timeout * 1000;
		if (buffer_take(c, 0, &err) < 0) {
			/* It is not known yet what is requested. */
			log_warn("connection closed: %s", err.text);
			c->host->close(c);
			return;
		}
	}
	if (c->state == CONN_BODY) {
		c->deadline = body_deadline(c);
		if (buffer_take(c, c->req.raw_len, &err) < 0) {
			/* What has arrived is released at once. */
			c->broken = true;
			request_continue(c, NULL, &err);
			return;
		}
	}
	c->host->park(c, false);
}

/* Handles a connection that cannot be read any more. */
static void
cut(struct conn *c)
{
	struct err err;

	c->broken = true;
	switch (c->state) {
	case CONN_BODY:
		err_set(&err, ERR_BAD_REQUEST, "body: truncated");
		request_continue(c, NULL, &err);
		break;
	case CONN_DRAIN:
		conn_send(c);
		break;
	default:
		if (c->state == CONN_PARAMS || c->reader.n_header > 0)
			log_debug("a connection sent no request");
		c->host->close(c);
	}
}

/* -- the response */

/* Ends a request after its response was sent or cut off.  The connection is
 * kept only if the body was read to its end. */
static void
conn_end(struct conn *c)
{
	const struct conf *conf = c->host->services->conf;
	bool keep = c->ended && !c->broken && c->reader.keep && !c->refused &&
	    !c->out.failed && !atomic_load(&c->host->stopping);

	buffer_release(c);
	stream_end(&c->req);
	arena_release(&c->arena);
	if (!keep && (c->ended || c->out.failed)) {
		c->host->close(c);
		return;
	}
	if (c->params.size > KEPT_MAX)
		buf_release(&c->params);
	if (c->rest.size > KEPT_MAX)
		buf_release(&c->rest);
	outgoing_trim(&c->out, KEPT_MAX);
	c->state = keep ? CONN_IDLE : CONN_LINGER;
	c->discarded = 0;
	c->deadline = clock_ms() + 1000 *
	    (keep ? conf->idle_timeout : conf->read_timeout);
	/* With unread input the web server would receive a reset, perhaps
	 * before it has read the response. */
	if (!keep)
		shutdown(c->out.fd, SHUT_WR);
	c->host->park(c, false);
}

static void
log_cut(const struct conn *c, const char *why)
{
	log_warn("request id=%s cut=%s", c->req.id, why);
}

/* Sends the next piece of a stream.  Returns false if there is none because of
 * an error. */
static bool
send_piece(struct conn *c)
{
	struct err err;
	int more = stream_next(&c->req, &c->out.text, &err);

	if (more < 0) {
		log_cut(c, err.text);
		c->out.failed = true;
		return false;
	}
	outgoing_put(&c->out, c->id, "", 0, more == 0);
	c->deadline = clock_ms() + c->host->services->conf->write_timeout *
	    1000;
	return true;
}

/* Sends what the socket takes.  Other requests have their turn after each piece
 * of a stream. */
static void
pump(struct conn *c)
{
	size_t left = outgoing_flush(&c->out);
	bool next = left == 0 && !c->out.failed && !c->out.ended;
	struct err err;

	if (next && !send_piece(c)) {
		conn_end(c);
		return;
	}
	if (next)
		left = outgoing_flush(&c->out);
	if (c->out.failed && !c->out.ended)
		log_cut(c, "client closed the connection or reads too slowly");
	if (c->out.failed || (c->out.ended && left == 0)) {
		conn_end(c);
		return;
	}
	if (buffer_take(c, left, &err) < 0) {
		log_cut(c, err.text);
		c->out.failed = true;
		conn_end(c);
		return;
	}
	c->host->park(c, true);
}

static void
conn_send(struct conn *c)
{
	const struct resp *resp = &c->req.resp;
	bool stream = resp->piece != NULL && !resp->head;

	c->state = CONN_SEND;
	c->deadline = clock_ms() + c->host->services->conf->write_timeout *
	    1000;
	outgoing_begin(&c->out);
	http_head(resp, &c->out.text);
	outgoing_put(&c->out, c->id, resp->body_len > 0 ? resp->body : "",
	    resp->head ? 0 : resp->body_len, !stream);
	pump(c);
}

/* Reads the rest of a body that is discarded, so that the connection can be
 * kept; a body that is not there yet is not waited for. */
static void
drain(struct conn *c, struct record_input *in, bool late)
{
	enum record_event event;

	c->broken = c->broken || late;
	while ((event = record_next(&c->reader, in)) != RECORD_MORE) {
		c->discarded += event == RECORD_BODY ? c->reader.len : 0;
		/* After the end nothing may follow before the response. */
		if (c->ended || (event != RECORD_BODY &&
		    event != RECORD_BODY_END) ||
		    c->discarded > HTTP_DISCARD_MAX) {
			c->broken = true;
			break;
		}
		c->ended = event == RECORD_BODY_END;
	}
	if (c->ended || c->broken) {
		conn_send(c);
		return;
	}
	c->deadline = c->since + DRAIN_MS +
	    (int64_t)c->discarded / DRAIN_RATE;
	c->host->park(c, false);
}

/* Implements send of struct req, on any thread. */
static void
conn_respond(struct req *req)
{
	struct conn *c = req->ctx;
	struct record_input rest = { c->rest.data, c->rest.len };

	if (c->input != NULL)
		rest = *c->input;
	c->input = NULL;
	c->state = CONN_DRAIN;
	c->since = clock_ms();
	c->discarded = 0;
	drain(c, &rest, false);
}

/* -- the request */

/* Implements http_gone_fn. */
static bool
conn_gone(void *ctx)
{
	const struct conn *c = ctx;

	return peer_gone(c->out.fd);
}

/* Begins a request when its variables are complete.  Returns true if it waits
 * for its body. */
static bool
request_begin(struct conn *c, struct pg *db, const struct record_input *in)
{
	ssize_t n = record_params(c->params.data, c->params.len, NULL);
	struct err err;
	char **env;

	if (n < 0) {
		cut(c);
		return false;
	}
	env = arena_alloc(&c->arena, ((size_t)n + 1) * sizeof(*env));
	record_params(c->params.data, c->params.len, env);
	c->req = (struct req){ .services = c->host->services,
	    .arena = &c->arena, .db = db, .gone = conn_gone,
	    .send = conn_respond, .ctx = c };
	c->owner = NULL;
	c->input = in;
	c->ended = c->broken = false;
	c->state = CONN_BUSY;
	if (c->refused) {
		err_set(&err, ERR_UNAVAILABLE, "too many connections");
		dispatch_unavailable(&c->req, env, &err);
		return false;
	}
	if (!dispatch(&c->req, env))
		return false;
	c->input = NULL;
	c->state = CONN_BODY;
	if (body_begin(&c->req, &err) == 0)
		return true;
	request_continue(c, in, &err);
	return false;
}

/* Handles bytes of the body, or its end.  Returns true if more are awaited. */
static bool
request_body(struct conn *c, struct pg *db, const struct record_input *in)
{
	struct err err;
	bool failed;

	c->ended = c->reader.len == 0;
	failed = body_add(&c->req, c->reader.data, c->reader.len, &err) < 0;
	if (c->req.body_rule == BODY_NONE &&
	    (c->discarded += c->reader.len) > HTTP_DISCARD_MAX) {
		failed = true;
		err_set(&err, ERR_TOO_LARGE, "body: must be at most %u bytes",
		    HTTP_DISCARD_MAX);
	}
	if (!failed && !c->ended)
		return true;
	c->req.db = db;
	request_continue(c, in, failed ? &err : NULL);
	return false;
}

static bool
send_reply(struct conn *c)
{
	return send(c->out.fd, c->reader.data, c->reader.len,
	    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)c->reader.len;
}

/* Handles one event.  Returns true if the caller still owns the connection. */
static bool
handle(struct conn *c, enum record_event event, struct pg *db,
    const struct record_input *in)
{
	switch (event) {
	case RECORD_MORE:
		return true;
	case RECORD_BEGIN:
		c->state = CONN_PARAMS;
		c->id = c->reader.id;
		c->params.len = c->discarded = 0;
		return true;
	case RECORD_PARAMS:
		if (c->params.len + c->reader.len > PARAMS_MAX)
			break;
		buf_add(&c->params, c->reader.data, c->reader.len);
		return true;
	case RECORD_PARAMS_END:
		return request_begin(c, db, in);
	case RECORD_BODY:
	case RECORD_BODY_END:
		return request_body(c, db, in);
	case RECORD_REPLY:
		if (send_reply(c))
			return true;
		break;
	case RECORD_ABORT:
	case RECORD_MALFORMED:
		break;
	}
	cut(c);
	return false;
}

/* Handles input.  Returns true if the caller still owns the connection. */
static bool
feed(struct conn *c, struct pg *db, struct record_input *in, bool late)
{
	enum record_event event;

	if (c->state == CONN_IDLE)
		c->since = clock_ms();
	if (c->state == CONN_DRAIN) {
		drain(c, in, late);
		return false;
	}
	if (c->state == CONN_LINGER) {
		c->discarded += in->n;
		if (c->discarded <= HTTP_DISCARD_MAX)
			return true;
		c->host->close(c);
		return false;
	}
	while ((event = record_next(&c->reader, in)) != RECORD_MORE)
		if (!handle(c, event, db, in))
			return false;
	return true;
}

/* Reads until there is no more, but not for long: others have their turn. */
static void
receive(struct conn *c, struct pg *db, bool late)
{
	const enum conn_state state = c->state;
	char input[INPUT_SIZE];
	struct record_input in;
	ssize_t n = sizeof(input);
	int i;

	for (i = 0; i < READS && n == sizeof(input); i++) {
		n = recv(c->out.fd, input, sizeof(input), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			cut(c);
			return;
		}
		in = (struct record_input){ input, (size_t)n };
		if (!feed(c, db, &in, late))
			return;
	}
	/* What has begun since the deadline has its own. */
	await_input(c, late && c->state == state);
}

void
conn_continue(struct conn *c, struct pg *db)
{
	bool late = c->late;

	c->late = false;
	c->req.db = db;
	if (c->state == CONN_SEND)
		pump(c);
	else if (c->state == CONN_TURN)
		run_turn(c);
	else
		receive(c, db, late);
}
