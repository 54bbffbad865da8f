/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/waitqueue.h"
#include "event/longpoll.h"
#include "hook/hook.h"

#define READER_MS 100		/* readers have time; their looks cost */

struct longpoll {
	struct waiter waiter;
	int64_t deadline;	/* of clock_ms() */
	int64_t again_ms;
	enum longpoll_patience patience;
	look_fn *look;
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

/* Of a waiter. */
static bool
is_gone(void *ctx)
{
	const struct req *req = ctx;

	return req->gone != NULL && req->gone(req->ctx);
}

/* As a look_fn.  Who has gone costs the database nothing. */
static int
look_once(struct req *req, struct longpoll *longpoll, struct err *err)
{
	bool late = clock_ms() >= longpoll->deadline ||
	    (longpoll->patience == LONGPOLL_READER &&
	    req->services->waitqueue != NULL &&
	    waitqueue_stopping(req->services->waitqueue));
	int rc;

	if (is_gone(req))
		return err_set(err, ERR_LEFT, "the caller has gone");
	metrics_count(METRIC_LOOKS, NULL, NULL);
	rc = longpoll->look(req, longpoll->ctx, late, err);
	/* Whose rights went meanwhile is told nothing. */
	if (rc > 0 && longpoll->patience == LONGPOLL_READER &&
	    req->authorize(req, err) < 0)
		rc = -1;
	if (rc == 0 && late)
		rc = err_set(err, ERR_INTERNAL, "a request waits for ever");
	return rc;
}

/* Looks; whether that ended the request. */
static bool
longpoll_look(struct req *req, struct longpoll *longpoll)
{
	struct err err;
	int rc = look_once(req, longpoll, &err);

	if (rc == 0)
		return false;
	/* The place is free before the caller can come again. */
	if (req->services->waitqueue != NULL)
		waitqueue_leave(req->services->waitqueue, &longpoll->waiter);
	req->complete(req, rc < 0 ? &err : NULL);
	return true;
}

/* On the thread that took it. */
static void
longpoll_resume(struct req *req)
{
	struct longpoll *longpoll = req->longpoll;
	int64_t again;

	if (longpoll_look(req, longpoll))
		return;
	again = clock_ms() + longpoll->again_ms;
	waitqueue_park(req->services->waitqueue, &longpoll->waiter,
	    again < longpoll->deadline ? again : longpoll->deadline);
}

void
longpoll_begin(struct req *req, enum longpoll_patience patience,
    const char *key, int64_t seconds, int64_t again_ms, look_fn *look,
    void *ctx)
{
	static const struct timespec pause = { 0, 200 * 1000000L };
	struct longpoll *longpoll = req->longpoll;

	snprintf(longpoll->waiter.key, sizeof(longpoll->waiter.key), "%s", key);
	longpoll->deadline = clock_ms() + seconds * 1000;
	longpoll->waiter.ctx = req;
	longpoll->waiter.gone = is_gone;
	longpoll->waiter.interval = patience == LONGPOLL_READER ? READER_MS : 0;
	longpoll->again_ms = again_ms;
	longpoll->patience = patience;
	longpoll->look = look;
	longpoll->ctx = ctx;
	req->on_wake = longpoll_resume;
	if (req->services->waitqueue != NULL) {
		waitqueue_begin(req->services->waitqueue, &longpoll->waiter);
		return;
	}
	/* A plain CGI has nobody else to serve. */
	while (!longpoll_look(req, longpoll))
		nanosleep(&pause, NULL);
}
