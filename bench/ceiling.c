/* SPDX-License-Identifier: ISC */
/*
 * The ceiling of the benchmark: Creel's FastCGI layer with a dispatch() that
 * receives the body and responds 200.  The time that Creel takes beyond this is
 * its own work.
 */
#include <signal.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/logger.h"
#include "creel/dispatch.h"
#include "creel/fcgi.h"
#include "http/body.h"

bool
dispatch(struct req *req, char *const *env)
{
	(void)env;
	req->resp.status = 200;
	req->body_rule = BODY_NONE;
	return true;
}

void
dispatch_body(struct req *req, const struct err *why)
{
	(void)why;
	req->send(req);
}

void
dispatch_unavailable(struct req *req, char *const *env, const struct err *why)
{
	(void)env;
	(void)why;
	req->resp.status = 503;
	req->send(req);
}

/* Of the listening socket that is descriptor 0, until a signal. */
static void
serve(const struct conf *conf, struct err *err)
{
	static const struct timespec tick = { 1, 0 };
	const struct services services = { .conf = conf };
	struct fcgi *fcgi = NULL;
	sigset_t signals;
	int sig;

	sigfillset(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (fcgi_start(&services, STDIN_FILENO, &fcgi, err) < 0)
		return;
	while ((sig = sigtimedwait(&signals, NULL, &tick)) != SIGTERM &&
	    sig != SIGINT)
		fcgi_sweep(fcgi);
	fcgi_drain(fcgi);
	fcgi_free(&fcgi);
}

int
main(void)
{
	struct conf *conf = NULL;
	struct err err = { ERR_NONE, "" };

	if (conf_load(NULL, NULL, &conf, &err) == 0)
		serve(conf, &err);
	conf_free(&conf);
	if (err.code == ERR_NONE)
		return EX_OK;
	log_error("ceiling: %s", err.text);
	return err_exit(err.code);
}
