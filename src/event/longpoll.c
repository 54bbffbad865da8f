/* SPDX-License-Identifier: ISC */
/* Lets a request wait until there is a response for it. */
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/waitqueue.h"
#include "event/longpoll.h"
#include "hook/hook.h"

#define READER_MS 100		/* between a reader's polls, each a query */

struct longpoll {
	struct waiter waiter;
	int64_t deadline;	/* of clock_ms() */
	int64_t poll_ms;
	enum longpoll_patience patience;
	poll_fn *poll;
	void *ctx;
};

int
longpoll_reserve(struct req *req, struct err *err)
{
	const char *application = req->hook != NULL ?
	    req->hook->application : req->application;
	struct longpoll *longpoll = arena_alloc(req->arena, sizeof(*longpoll));

	if (req->services->waitqueue != NULL &&
	    waitqueue_enter(req->services->waitqueue, &longpoll->waiter,
	    application, err) < 0)
		return -1;
	req->longpoll = longpoll;
	return 0;
}

void
longpoll_cancel(struct req *req)
{
	if (req->services->waitqueue != NULL)
		waitqueue_leave(
		    req->services->waitqueue, &req->longpoll->waiter);
}

/* The waiter's gone callback. */
static bool
is_gone(void *ctx)
{
	const struct req *req = ctx;

	return req->gone != NULL && req->gone(req->ctx);
}

/* Returns as poll_fn does.  No query is sent for a client that has gone. */
static int
poll_once(struct req *req, struct longpoll *longpoll, struct err *err)
{
	bool late = clock_ms() >= longpoll->deadline ||
	    (longpoll->patience == LONGPOLL_READER &&
	    req->services->waitqueue != NULL &&
	    waitqueue_stopping(req->services->waitqueue));
	int rc;

	if (is_gone(req))
		return err_set(err, ERR_LEFT, "client closed the connection");
	metrics_count(METRIC_LOOKS, NULL, NULL);
	rc = longpoll->poll(req, longpoll->ctx, late, err);
	/* The reader's access may have been revoked while it waited. */
	if (rc > 0 && longpoll->patience == LONGPOLL_READER &&
	    req->authorize(req, err) < 0)
		rc = -1;
	if (rc == 0 && late)
		rc = err_set(err, ERR_INTERNAL,
		    "no response when the wait ended");
	return rc;
}

/* Polls; returns whether that completed the request. */
static bool
longpoll_poll(struct req *req, struct longpoll *longpoll)
{
	struct err err;
	int rc = poll_once(req, longpoll, &err);

	if (rc == 0)
		return false;
	/* Release the place before the client can send its next request. */
	if (req->services->waitqueue != NULL)
		waitqueue_leave(req->services->waitqueue, &longpoll->waiter);
	req->complete(req, rc < 0 ? &err : NULL);
	return true;
}

/* The request's on_wake callback, on the thread that took the waiter. */
static void
longpoll_resume(struct req *req)
{
	struct longpoll *longpoll = req->longpoll;
	int64_t next;

	if (longpoll_poll(req, longpoll))
		return;
	next = clock_ms() + longpoll->poll_ms;
	waitqueue_park(req->services->waitqueue, &longpoll->waiter,
	    next < longpoll->deadline ? next : longpoll->deadline);
}

void
longpoll_begin(struct req *req, enum longpoll_patience patience,
    const char *key, int64_t seconds, int64_t poll_ms, poll_fn *poll,
    void *ctx)
{
	static const struct timespec pause = { 0, 200 * 1000000L };
	struct longpoll *longpoll = req->longpoll;

	snprintf(longpoll->waiter.key, sizeof(longpoll->waiter.key), "%s", key);
	longpoll->deadline = clock_ms() + seconds * 1000;
	longpoll->waiter.ctx = req;
	longpoll->waiter.gone = is_gone;
	longpoll->waiter.interval = patience == LONGPOLL_READER ? READER_MS : 0;
	longpoll->poll_ms = poll_ms;
	longpoll->patience = patience;
	longpoll->poll = poll;
	longpoll->ctx = ctx;
	req->on_wake = longpoll_resume;
	if (req->services->waitqueue != NULL) {
		waitqueue_begin(req->services->waitqueue, &longpoll->waiter);
		return;
	}
	/* A plain CGI process serves no other request. */
	while (!longpoll_poll(req, longpoll))
		nanosleep(&pause, NULL);
}
