#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "db/waits.h"
#include "resource/hold.h"
#include "resource/hook.h"

#define READER_MS 100		/* readers have time; their looks cost */

struct hold {
	struct waiter waiter;
	int64_t deadline;	/* of clock_ms() */
	int64_t again_ms;
	enum hold_patience patience;
	look_fn *look;
	void *ctx;
};

int
hold_reserve(struct req *req, struct err *err)
{
	const char *application = req->hook != NULL ?
	    req->hook->application : req->application;
	struct hold *hold = arena_alloc(req->arena, sizeof(*hold));

	if (req->waits != NULL && waits_enter(req->waits, &hold->waiter,
	    application, err) < 0)
		return -1;
	req->hold = hold;
	return 0;
}

void
hold_cancel(struct req *req)
{
	if (req->waits != NULL)
		waits_leave(req->waits, &req->hold->waiter);
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
look_once(struct req *req, struct hold *hold, struct err *err)
{
	bool late = clock_ms() >= hold->deadline || (hold->patience ==
	    HOLD_READER && req->waits != NULL && waits_stopping(req->waits));
	int rc;

	if (is_gone(req))
		return err_set(err, ERR_LEFT, "the caller has gone");
	metrics_count(METRIC_LOOKS, NULL, NULL);
	rc = hold->look(req, hold->ctx, late, err);
	/* Whose rights went meanwhile is told nothing. */
	if (rc > 0 && hold->patience == HOLD_READER &&
	    req->admit(req, err) < 0)
		rc = -1;
	if (rc == 0 && late)
		rc = err_set(err, ERR_INTERNAL, "a request waits for ever");
	return rc;
}

/* Looks; whether that ended the request. */
static bool
hold_look(struct req *req, struct hold *hold)
{
	struct err err;
	int rc = look_once(req, hold, &err);

	if (rc == 0)
		return false;
	/* The place is free before the caller can come again. */
	if (req->waits != NULL)
		waits_leave(req->waits, &hold->waiter);
	req->finish(req, rc < 0 ? &err : NULL);
	return true;
}

/* On the thread that took it. */
static void
hold_resume(struct req *req)
{
	struct hold *hold = req->hold;
	int64_t again;

	if (hold_look(req, hold))
		return;
	again = clock_ms() + hold->again_ms;
	waits_hold(req->waits, &hold->waiter,
	    again < hold->deadline ? again : hold->deadline);
}

void
hold_begin(struct req *req, enum hold_patience patience, const char *key,
    int64_t seconds, int64_t again_ms, look_fn *look, void *ctx)
{
	static const struct timespec pause = { 0, 200 * 1000000L };
	struct hold *hold = req->hold;

	snprintf(hold->waiter.key, sizeof(hold->waiter.key), "%s", key);
	hold->deadline = clock_ms() + seconds * 1000;
	hold->waiter.ctx = req;
	hold->waiter.gone = is_gone;
	hold->waiter.interval = patience == HOLD_READER ? READER_MS : 0;
	hold->again_ms = again_ms;
	hold->patience = patience;
	hold->look = look;
	hold->ctx = ctx;
	req->resume = hold_resume;
	if (req->waits != NULL) {
		waits_begin(req->waits, &hold->waiter);
		return;
	}
	/* A plain CGI has nobody else to serve. */
	while (!hold_look(req, hold))
		nanosleep(&pause, NULL);
}
