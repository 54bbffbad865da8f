/* SPDX-License-Identifier: ISC */
/*
 * creel.fcgi: the worker.  Serves the listening socket on descriptor 0
 * (spawn-fcgi, systemd, mod_fcgid) or of --socket PATH, or the one request of a
 * plain CGI environment.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/conf.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/rate.h"
#include "config.h"
#include "base/waitqueue.h"
#include "creel/cgi.h"
#include "creel/fcgi.h"
#include "creel/routes.h"
#include "db/batch.h"
#include "db/listen.h"
#include "db/pg.h"
#include "db/pg_conninfo.h"
#include "db/usage.h"
#include "event/idempotency.h"
#include "event/push.h"
#include "http/stream.h"

#define SOCKET_MODE 0660	/* the web server's group may connect */
#define BACKLOG 511

struct options {
	const char *conf;
	const char *socket;
	bool check;
	bool dump;
};

static void
usage(FILE *f)
{
	fprintf(f, "usage: creel.fcgi [-f file] [--socket path]\n"
	    "       creel.fcgi [-f file] --check | --dump-config\n"
	    "       creel.fcgi --help | --version\n");
}

static void
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "socket", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 'c' },
		{ "dump-config", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:hV", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			o->conf = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'c':
			o->check = true;
			break;
		case 'd':
			o->dump = true;
			break;
		case 'h':
			usage(stdout);
			exit(EX_OK);
		case 'V':
			printf("creel.fcgi %s\n", PACKAGE_VERSION);
			exit(EX_OK);
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(EX_USAGE);
	}
}

static bool
is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on != 0;
}

/* Returns whether addr is a socket that no process listens on any more. */
static bool
is_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	bool stale;
	int fd;

	/* Connecting to other files fails with ECONNREFUSED too. */
	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode) ||
	    (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)addr,
	    sizeof(*addr)) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

/* Creates and binds the socket of --socket.  A socket that a killed worker has
 * left is replaced, one that a process listens on is not. */
static int
socket_bind(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ERR_CONFIG, "%s: must be at most %zu bytes",
		    path, sizeof(addr.sun_path) - 1);
	strcpy(addr.sun_path, path);
	if (is_stale(&addr))
		unlink(path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0 &&
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    chmod(path, SOCKET_MODE) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
socket_open(const char *path, struct err *err)
{
	if (path != NULL)
		return socket_bind(path, err);
	if (is_listening(STDIN_FILENO))
		return STDIN_FILENO;
	return err_set(err, ERR_USAGE, "descriptor 0 is not a listening "
	    "socket: start creel.fcgi from spawn-fcgi, systemd or the web "
	    "server, or with --socket");
}

/* Checks the schema.  Unless must_answer is set, a database that is down is not
 * an error: it may start after the worker. */
static int
check_database(const struct conf *conf, bool must_answer, struct err *err)
{
	const struct pg_options options = pg_options_worker(conf);
	struct pg *db;
	int rc;

	db = pg_open(&options);
	rc = pg_connect(db, err);
	pg_close(&db);
	if (rc < 0 && err->code == ERR_UNAVAILABLE && !must_answer) {
		log_warn("responding 503 until the database is reachable: "
		    "%s", err->text);
		return 0;
	}
	return rc;
}

/* Waits for a signal to stop; meanwhile ends requests that have timed out. */
static void
wait_for_signal(struct fcgi *fcgi, const struct services *services,
    const sigset_t *signals)
{
	static const struct timespec tick = { 0, WAITQUEUE_TICK_MS * 1000000L };
	int sig;

	while ((sig = sigtimedwait(signals, NULL, &tick)) != SIGTERM &&
	    sig != SIGINT && sig != SIGUSR1) {
		if (sig == SIGHUP)
			logger_reopen();
		fcgi_sweep(fcgi);
		batch_expire(services->batch);
		waitqueue_expire(services->waitqueue);
		metrics_refresh();
	}
	log_info("signal %d: finishing requests in progress", sig);
}

/* Returns NULL if cache_entries is 0. */
static struct cache *
cache_start(const struct conf *conf, struct rate *rates)
{
	const struct cache_options options = {
		.entries = conf->cache_entries,
		.ttl = conf->cache_ttl * 1000,
		.rate = conf->lookup_rate,
		.network_rate = conf->lookup_rate_network,
		.rates = rates
	};

	return conf->cache_entries == 0 ? NULL : cache_new(&options);
}

static int
writers_start(const struct conf *conf, struct batch **out, struct err *err)
{
	const struct batch_options options = {
		.pg = pg_options_worker(conf),
		.writers = conf->writers,
		.items = conf->queue_events,
		.bytes = conf->queue_bytes
	};

	return batch_start(&options, out, err);
}

/* Sets the doors, which label metrics, before anything is counted. */
static int
counting_start(const struct conf *conf, struct err *err)
{
	char *doors = routes_doors();
	int rc = metrics_set_doors(doors, err);

	free(doors);
	return rc < 0 ? -1 : metrics_open(conf->metrics_dir, err);
}

static int
work(const struct conf *conf, const struct auth *auth, const char *path,
    struct err *err)
{
	struct streams streams;
	struct services services = { .conf = conf, .auth = auth,
	    .streams = &streams };
	struct listener *listener = NULL;
	struct fcgi *fcgi = NULL;
	sigset_t signals;
	int listen_fd = -1, rc = -1;

	/* No signal may interrupt libpq on any thread.  SIGPIPE is
	 * blocked too: writes return EPIPE. */
	sigfillset(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	streams_init(&streams, conf->threads);
	services.idempotency = idempotency_new(conf->idempotency_headers);
	services.waitqueue =
	    waitqueue_new(conf->waiting, conf->waiting_application);
	if (counting_start(conf, err) < 0 ||
	    rate_open(conf->metrics_dir, &services.rate, err) < 0)
		goto out;
	services.cache = cache_start(conf, services.rate);
	services.usage = usage_new();
	if (check_database(conf, false, err) < 0 ||
	    push_start(conf, &services.push, err) < 0 ||
	    (listen_fd = socket_open(path, err)) < 0 ||
	    listen_start(conf, services.cache, services.waitqueue,
	    services.usage, &listener, err) < 0 ||
	    writers_start(conf, &services.batch, err) < 0 ||
	    fcgi_start(&services, listen_fd, &fcgi, err) < 0)
		goto out;
	if (*conf->user_issuer == '\0')
		log_info("user_issuer is not set: users cannot get tokens");
	log_info("creel.fcgi %s: serving with %lld threads", PACKAGE_VERSION,
	    (long long)conf->threads);
	wait_for_signal(fcgi, &services, &signals);
	/* Before the last requests finish, so that the next worker can bind. */
	if (path != NULL)
		unlink(path);
	fcgi_drain(fcgi);
	rc = 0;
out:
	/* The threads that write and listen use connections and the wait
	 * queue, so they are stopped first. */
	batch_stop(&services.batch);
	push_stop(&services.push);
	listen_stop(&listener);
	fcgi_free(&fcgi);
	cache_free(&services.cache);
	usage_free(&services.usage);
	waitqueue_free(&services.waitqueue);
	rate_close(&services.rate);
	idempotency_free(&services.idempotency);
	metrics_close();
	return rc;
}

static void
skipped_log(const char *text, void *ctx)
{
	(void)ctx;
	log_warn("issuers: %s", text);
}

static int
run(const struct options *o, const struct conf *conf, bool cgi,
    struct err *err)
{
	struct auth *auth = NULL;
	int rc = -1;

	if (o->dump) {
		conf_dump(conf, pg_conninfo_mask, stdout);
		return 0;
	}
	if (logger_open(conf->log, (enum log_level)conf->log_level, err) < 0 ||
	    auth_load(conf, &auth, err) < 0)
		goto out;
	auth_each_skipped(auth, skipped_log, NULL);
	if (o->check) {
		if ((rc = push_check(conf, err)) == 0 &&
		    (rc = check_database(conf, true, err)) == 0)
			puts("configuration, keys and database are OK");
	} else if (cgi) {
		rc = cgi_serve(conf, auth);
	} else {
		rc = work(conf, auth, o->socket, err);
	}
out:
	auth_free(&auth);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o = { NULL, NULL, false, false };
	struct conf *conf = NULL;
	struct err err = { ERR_NONE, "" };
	bool cgi = cgi_is() && !is_listening(STDIN_FILENO);
	int rc;

	mem_tune();
	/* Arguments of a CGI come from the query (RFC 3875 section 4.4). */
	if (!cgi)
		parse_options(argc, argv, &o);
	rc = conf_load(o.conf, pg_conninfo_check, &conf, &err);
	if (rc == 0)
		rc = run(&o, conf, cgi, &err);
	conf_free(&conf);
	if (rc == 0)
		return EX_OK;
	if (err.code != ERR_NONE)
		log_error("creel.fcgi: %s", err.text);
	if (cgi && err.code != ERR_NONE)
		cgi_unavailable(&err);
	return err_exit(err.code);
}
