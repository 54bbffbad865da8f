/* SPDX-License-Identifier: ISC */
/* Tests pushes: channels, coalescing, outages, limits and URLs. */
#include <sys/socket.h>
#include <sys/un.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/logger.h"
#include "base/metrics.h"
#include "event/push.h"

#define REQUESTS 256
#define DEADLINE_MS 60000

#define APP "aaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbb"
#define DEVICE "0123456789abcdef01234567"
#define GROUP "fedcba9876543210fedcba98"
#define EVENT(n) "019a0000-0000-7000-8000-00000000000" #n

/* A web server that stores POSTs, and responds while its gate is open. */
static struct {
	char path[64];
	int listener;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *paths[REQUESTS];
	char *bodies[REQUESTS];
	size_t n;		/* requests so far */
	bool open;
	int status;
} web = { .lock = PTHREAD_MUTEX_INITIALIZER, .status = 201 };

static char folder[] = "/tmp/test-push-XXXXXX";
static char log_path[64];
static struct conf conf;

/* Returns whether the request at text is complete, and its body. */
static bool
is_whole(const char *text, const char **body, size_t *len)
{
	const char *length = strcasestr(text, "Content-Length: ");

	*body = strstr(text, "\r\n\r\n");
	if (*body == NULL || length == NULL)
		return false;
	*body += 4;
	*len = strtoul(length + strlen("Content-Length: "), NULL, 10);
	return strlen(*body) >= *len;
}

/* Stores a request, waits for the gate, and returns the status to send. */
static int
request_take(char *text, char *body)
{
	char *path = strchr(text, ' ') + 1;
	int status;

	path[strcspn(path, " ")] = '\0';
	pthread_mutex_lock(&web.lock);
	assert_true(web.n < REQUESTS);
	web.paths[web.n] = strdup(path);
	web.bodies[web.n++] = strdup(body);
	pthread_cond_broadcast(&web.changed);
	while (!web.open)
		pthread_cond_wait(&web.changed, &web.lock);
	status = web.status;
	pthread_mutex_unlock(&web.lock);
	return status;
}

static void
connection_serve(int fd)
{
	char text[8192], response[80];
	const char *body;
	size_t n = 0, len;
	ssize_t got;

	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0) {
		n += (size_t)got;
		text[n] = '\0';
		if (!is_whole(text, &body, &len))
			continue;
		snprintf(response, sizeof(response),
		    "HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok",
		    request_take(text, text + (body - text)));
		if (write(fd, response, strlen(response)) < 0)
			break;
		n = 0;
	}
	close(fd);
}

static void *
serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(web.listener, NULL, NULL)) >= 0)
		connection_serve(fd);
	return NULL;
}

static void
web_start(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(addr.sun_path, web.path);
	web.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(web.listener, (struct sockaddr *)&addr,
	    sizeof(addr)), 0);
	assert_int_equal(listen(web.listener, 5), 0);
	assert_int_equal(pthread_create(&web.thread, NULL, serve, NULL), 0);
}

/* To be called after push_stop(), which closes the connection. */
static void
web_stop(void)
{
	size_t i;

	shutdown(web.listener, SHUT_RDWR);
	pthread_join(web.thread, NULL);
	close(web.listener);
	unlink(web.path);
	for (i = 0; i < web.n; i++) {
		free(web.paths[i]);
		free(web.bodies[i]);
	}
	web.n = 0;
	web.status = 201;
}

static void
gate(bool open, int status)
{
	pthread_mutex_lock(&web.lock);
	web.open = open;
	web.status = status;
	pthread_cond_broadcast(&web.changed);
	pthread_mutex_unlock(&web.lock);
}

/* Waits for n requests. */
static void
await(size_t n)
{
	int64_t until = clock_ms() + DEADLINE_MS;
	int rc = 0;

	pthread_mutex_lock(&web.lock);
	while (web.n < n && rc == 0)
		rc = clock_cond_wait(&web.changed, &web.lock, until);
	pthread_mutex_unlock(&web.lock);
	assert_int_equal(rc, 0);
}

static struct push *
push_open(void)
{
	struct push *push = NULL;
	struct err err = { ERR_NONE, "" };

	if (push_start(&conf, &push, &err) < 0)
		fail_msg("%s", err.text);
	assert_non_null(push);
	return push;
}

/* Starts the server, with its gate open or closed, and the pushes. */
static struct push *
push_begin(bool open)
{
	gate(open, 201);
	web_start();
	return push_open();
}

static char *
log_text(void)
{
	static char text[1 << 16];
	FILE *f = fopen(log_path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* Waits for a text in the log. */
static void
await_log(const char *what)
{
	static const struct timespec tick = { 0, 10 * 1000 * 1000 };
	int64_t until = clock_ms() + DEADLINE_MS;

	while (strstr(log_text(), what) == NULL) {
		assert_true(clock_ms() < until);
		nanosleep(&tick, NULL);
	}
}

static size_t
times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void
log_begin(void)
{
	struct err err;

	unlink(log_path);
	assert_int_equal(logger_open(log_path, LOGGER_INFO, &err), 0);
}

/* -- tests */

/* The targets of an event, and the channels that are notified. */
static void
test_channels(void **state)
{
	static const struct {
		const char *targets, *path;
	} cases[] = {
		{ "{all}", "/publish/" APP },
		{ "{\"tag:x,y\"}", "/publish/" APP },
		{ "{\"tag:a\\\"b\\\\},{\",all,\"tag:q\"}", "/publish/" APP },
		{ "{" DEVICE "}", "/publish/" DEVICE },
		{ "{\"" GROUP "\"," DEVICE "," GROUP "}",
		    "/publish/" GROUP "," DEVICE },
		{ "{" DEVICE ",all}", "/publish/" DEVICE "," APP },
		/* An ID within a tag is not a target. */
		{ "{\"tag:x," DEVICE "\"}", "/publish/" APP },
		{ "{\"tag:\\\"," DEVICE ",\\\"\"}", "/publish/" APP },
		{ "{abc}", "/publish/" APP },
		{ "{\"" DEVICE "0\"}", "/publish/" APP },
		{ "{\"0123456789ABCDEF01234567\"}", "/publish/" APP }
	};
	struct push *push;
	size_t i;

	(void)state;
	push = push_begin(true);
	push_notify(push, APP, "{}", EVENT(0));
	for (i = 0; i < LENGTH(cases); i++) {
		push_notify(push, APP, cases[i].targets, EVENT(1));
		await(i + 1);
		assert_string_equal(web.paths[i], cases[i].path);
		assert_string_equal(web.bodies[i],
		    "{\"event\":\"" EVENT(1) "\"}");
	}
	push_stop(&push);
	assert_null(push);
	assert_int_equal(web.n, LENGTH(cases));
	web_stop();
}

/* During a push, channels wait, each once; each application has its own
 * push. */
static void
test_coalesce(void **state)
{
	struct push *push;
	size_t a;

	(void)state;
	push = push_begin(false);
	push_notify(push, APP, "{all}", EVENT(1));
	await(1);
	push_notify(push, APP, "{all}", EVENT(2));
	push_notify(push, APP, "{" DEVICE "}", EVENT(3));
	push_notify(push, OTHER, "{all}", EVENT(4));
	push_notify(push, APP, "{\"tag:t\"}", EVENT(5));
	gate(true, 201);
	await(3);
	/* push_stop() does not wait for the pause. */
	push_notify(push, APP, "{" GROUP "}", EVENT(6));
	push_stop(&push);
	assert_int_equal(web.n, 4);
	a = strcmp(web.paths[1], "/publish/" OTHER) == 0 ? 2 : 1;
	assert_string_equal(web.paths[a], "/publish/" APP "," DEVICE);
	assert_string_equal(web.bodies[a], "{\"event\":\"" EVENT(5) "\"}");
	assert_string_equal(web.paths[3 - a], "/publish/" OTHER);
	assert_string_equal(web.bodies[3 - a],
	    "{\"event\":\"" EVENT(4) "\"}");
	assert_string_equal(web.paths[3], "/publish/" GROUP);
	web_stop();
}

/* If a server is down or rejects a push, the channels wait and are pushed
 * later. */
static void
test_server_down(void **state)
{
	struct push *push = NULL;
	const char *log;

	(void)state;
	log_begin();
	gate(true, 503);
	push = push_open();
	push_notify(push, APP, "{all}", EVENT(1));
	await_log("devices receive commands only when they poll");
	push_notify(push, APP, "{all," DEVICE "}", EVENT(2));
	web_start();
	await(3);
	gate(true, 202);
	await_log("is reachable again");
	push_notify(push, OTHER, "{all}", EVENT(3));
	push_stop(&push);
	log = log_text();
	assert_int_equal(times(log, "when they poll"), 1);
	assert_int_equal(times(log, "is reachable again"), 1);
	assert_string_equal(web.paths[web.n - 2], "/publish/" APP "," DEVICE);
	assert_string_equal(web.bodies[web.n - 2],
	    "{\"event\":\"" EVENT(2) "\"}");
	web_stop();
}

/* push_stop() does not wait for a server that is down. */
static void
test_stop_while_down(void **state)
{
	struct push *push;

	(void)state;
	log_begin();
	push = push_open();
	push_notify(push, APP, "{all}", EVENT(1));
	await_log("when they poll");
	push_notify(push, OTHER, "{all}", EVENT(2));
	push_stop(&push);
	assert_null(push);
}

/* Many channels need several requests, and too many are dropped. */
static void
test_many(void **state)
{
	static const size_t extra = 10;
	struct push *push;
	struct buf targets;
	size_t i, n = 0;

	(void)state;
	push = push_begin(false);
	push_notify(push, APP, "{all}", EVENT(1));
	await(1);
	buf_init(&targets);
	for (i = 0; i < PUSH_WAITING + extra; i++)
		buf_printf(&targets, "%c%024zx", i == 0 ? '{' : ',', i);
	buf_addch(&targets, '}');
	push_notify(push, APP, targets.data, EVENT(2));
	gate(true, 201);
	push_stop(&push);
	for (i = 1; i < web.n; i++) {
		assert_true(strlen(web.paths[i]) < 4096);
		n += times(web.paths[i], "00000000000000000000");
		/* The oldest channels were dropped. */
		assert_null(strstr(web.paths[i], "000000000000000000000000"));
		assert_null(strstr(web.paths[i], "000000000000000000000009"));
	}
	assert_int_equal(n, PUSH_WAITING);
	buf_release(&targets);
	web_stop();
}

static void
test_urls(void **state)
{
	static struct {
		char urls[200];
		bool good;
	} cases[] = {
		{ "", true },
		{ "  ", true },
		{ "http://127.0.0.1:8090/publish", true },
		{ "https://push.example.org/a/  unix:/run/s.sock", true },
		{ "unix:/run/s.sock:/publish", true },
		{ "unix:run/s.sock", false },
		{ "unix:/run/s.sock:publish", false },
		{ "127.0.0.1:8090", false },
		{ "ftp://host/", false },
		{ "http://host/?x=", false },
		{ "http://me:secret@host/", false },
		{ "http://a http://a http://a http://a http://a http://a "
		    "http://a http://a http://a http://a http://a http://a "
		    "http://a http://a http://a http://a http://a", false }
	};
	struct conf c = { .push_url = NULL };
	struct push *push = NULL;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		c.push_url = cases[i].urls;
		err.code = ERR_NONE;
		if ((push_check(&c, &err) == 0) != cases[i].good)
			fail_msg("\"%s\": %s", cases[i].urls,
			    cases[i].good ? err.text : "accepted");
		if (!cases[i].good)
			assert_int_equal(err.code, ERR_CONFIG);
	}
	c.push_url = cases[0].urls;
	assert_int_equal(push_start(&c, &push, &err), 0);
	assert_null(push);
	push_stop(&push);
}

int
main(void)
{
	static char url[128], database[] = "host=/nowhere";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_coalesce),
		cmocka_unit_test(test_server_down),
		cmocka_unit_test(test_stop_while_down),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_urls)
	};
	int rc;

	if (mkdtemp(folder) == NULL)
		return 1;
	clock_cond_init(&web.changed);
	snprintf(web.path, sizeof(web.path), "%s/push.sock", folder);
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	snprintf(url, sizeof(url), "unix:%s:/publish", web.path);
	/* No server listens there. */
	conf.database = database;
	conf.database_timeout = 1000;
	conf.push_url = url;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(log_path);
	rmdir(folder);
	return rc;
}
