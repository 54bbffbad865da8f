/* SPDX-License-Identifier: ISC */
/* Tests metrics: counters, histograms, gauges, and their sum over workers. */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "base/arena.h"
#include "base/metrics.h"
#include "base/metrics_share.h"
#include "creel/routes.h"

static struct arena arena = ARENA_INIT;
static char dir[] = "/tmp/test_metrics.XXXXXX";

static const char *
text(void)
{
	struct err err;
	struct buf buf;

	buf_init(&buf);
	if (metrics_text(&buf, &err) < 0)
		fail_msg("%s", err.text);
	return arena_take(&arena, &buf);
}

/* Returns the value of a series, which must occur once. */
static double
value(const char *series)
{
	const char *line = arena_printf(&arena, "\n%s ", series);
	const char *found = strstr(text(), line);

	if (found == NULL)
		fail_msg("%s is not there", series);
	assert_null(strstr(found + 1, line));
	return strtod(found + strlen(line), NULL);
}

#define PIXON_OK "creel_requests_total{door=\"pixon\",status=\"200\"}"
#define CREEL_404 "creel_requests_total{door=\"creel\",status=\"404\"}"
#define OTHER "creel_requests_total{door=\"other\",status=\"other\"}"
#define BATCH(le) "creel_batch_events_bucket{le=\"" le "\"}"

static void
test_counters(void **state)
{
	(void)state;
	metrics_count(METRIC_REQUESTS, "pixon", "200");
	metrics_count(METRIC_REQUESTS, "pixon", "200");
	metrics_count(METRIC_REQUESTS, "creel", "404");
	/* Whole words count, not their prefixes. */
	metrics_count(METRIC_REQUESTS, "pix", "20");
	metrics_count(METRIC_REQUESTS, NULL, NULL);
	metrics_count(METRIC_DATABASE_ERRORS, "internal", NULL);
	metrics_count(METRIC_RECONNECTS, NULL, NULL);
	assert_true(value(PIXON_OK) == 2);
	assert_true(value(CREEL_404) == 1);
	assert_true(value(OTHER) == 2);
	assert_true(value("creel_requests_total{door=\"creel\","
	    "status=\"200\"}") == 0);
	assert_true(value("creel_database_errors_total{kind=\"internal\"}") ==
	    1);
	assert_true(value("creel_database_errors_total{kind=\"data\"}") == 0);
	assert_true(value("creel_database_reconnects_total") == 1);
}

static void
test_histogram(void **state)
{
	static const int64_t sizes[] = { 1, 2, 3, 256, 257, 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		metrics_observe(METRIC_BATCH, sizes[i]);
	assert_true(value(BATCH("1")) == 1);
	assert_true(value(BATCH("2")) == 2);
	assert_true(value(BATCH("4")) == 3);
	assert_true(value(BATCH("128")) == 3);
	assert_true(value(BATCH("256")) == 4);
	assert_true(value(BATCH("+Inf")) == 6);
	assert_true(value("creel_batch_events_count") == 6);
	assert_true(value("creel_batch_events_sum") == 1519);
	metrics_observe(METRIC_REQUEST_TIME, 2500);
	assert_true(value("creel_request_duration_seconds_sum") == 0.0025);
	assert_true(value("creel_request_duration_seconds_bucket"
	    "{le=\"0.001\"}") == 0);
	assert_true(value("creel_request_duration_seconds_bucket"
	    "{le=\"0.0025\"}") == 1);
}

static void
test_gauges(void **state)
{
	const char *series = arena_printf(&arena,
	    "creel_worker_resident_memory_bytes{pid=\"%d\"}", (int)getpid());
	struct err err;

	(void)state;
	assert_int_equal(metrics_open("", &err), 0);
	metrics_set(METRIC_QUEUE_EVENTS, 7);
	metrics_set(METRIC_QUEUE_EVENTS, 5);
	assert_true(value("creel_queue_events") == 5);
	assert_true(value(series) > 1 << 20);
	metrics_close();
}

/* Each door has cells of its own. */
static void
test_doors(void **state)
{
	const struct route *const *table, *row;
	const char *series;

	(void)state;
	for (table = routes; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++) {
			series = arena_printf(&arena, "creel_requests_total"
			    "{door=\"%s\",status=\"503\"}",
			    row->dialect->name);
			assert_true(value(series) >= 0);
			metrics_count(METRIC_REQUESTS, row->dialect->name,
			    "503");
			assert_true(value(series) >= 1);
		}
}

/* There is room for many more; too many are an error, not lost counts. */
static void
test_many_doors(void **state)
{
	char *doors = routes_doors();
	struct buf words;
	struct err err;
	int n;

	(void)state;
	buf_init(&words);
	for (n = 0; n < 15; n++)
		buf_printf(&words, "door%d ", n);
	buf_addstr(&words, doors);
	free(doors);
	assert_int_equal(metrics_set_doors(arena_take(&arena, &words), &err), 0);
	buf_init(&words);
	for (n = 0; n < METRICS_CELLS; n++)
		buf_printf(&words, "door%d ", n);
	buf_addstr(&words, "other");
	assert_int_equal(metrics_set_doors(arena_take(&arena, &words), &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_non_null(strstr(err.text, "creel_requests_total"));
}

/* Starts another worker, and returns when it has counted n requests. */
static pid_t
worker(int n, int *stop)
{
	int ready[2], end[2];
	struct err err;
	pid_t pid;
	char c;

	assert_true(pipe(ready) == 0 && pipe(end) == 0);
	if ((pid = fork()) == 0) {
		close(end[1]);
		if (metrics_open(dir, &err) < 0)
			_exit(1);
		metrics_set(METRIC_CONNECTIONS, n);
		while (n-- > 0)
			metrics_count(METRIC_REQUESTS, "pixon", "200");
		if (write(ready[1], "", 1) == 1 && read(end[0], &c, 1) == 1)
			metrics_close();
		_exit(0);
	}
	assert_true(pid > 0);
	close(ready[1]);
	close(end[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*stop = end[1];
	return pid;
}

/* Returns the number of files with a prefix; *last is one of them. */
static int
files(const char *prefix, const char **last)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
			*last = arena_printf(&arena, "%s/%s", dir,
			    entry->d_name);
			n++;
		}
	closedir(d);
	return n;
}

static void
test_workers(void **state)
{
	int stop[2], status;
	const char *name;
	struct err err;
	double before;
	pid_t pids[2];

	(void)state;
	assert_int_equal(metrics_open(dir, &err), 0);
	before = value(PIXON_OK);
	pids[0] = worker(10, &stop[0]);
	assert_true(value(PIXON_OK) == before + 10);
	pids[1] = worker(200, &stop[1]);
	assert_true(value(PIXON_OK) == before + 210);
	assert_true(value("creel_connections") == 210);
	assert_int_equal(files("worker-", &name), 3);

	/* When a worker ends, its counts stay, its gauges do not. */
	assert_int_equal(write(stop[0], "", 1), 1);
	close(stop[0]);
	waitpid(pids[0], &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(files("worker-", &name), 2);
	assert_true(value(PIXON_OK) == before + 210);
	assert_true(value("creel_connections") == 200);

	/* A killed worker is found by the next reader. */
	kill(pids[1], SIGKILL);
	waitpid(pids[1], &status, 0);
	close(stop[1]);
	assert_int_equal(files("worker-", &name), 2);
	assert_true(value(PIXON_OK) == before + 210);
	assert_true(value("creel_connections") == 0);
	assert_int_equal(files("worker-", &name), 1);
	assert_int_equal(files("base-", &name), 1);

	/* The last worker's counts are kept for the next one. */
	metrics_count(METRIC_REQUESTS, "pixon", "200");
	metrics_close();
	assert_int_equal(files("worker-", &name), 0);
	assert_int_equal(metrics_open(dir, &err), 0);
	assert_true(value(PIXON_OK) == before + 211);
	metrics_close();
}

static void
copy(const char *from, const char *to)
{
	static char bytes[sizeof(struct metrics_page)];
	int in = open(from, O_RDONLY), out;

	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(read(in, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(write(out, bytes, sizeof(bytes)), sizeof(bytes));
	close(in);
	close(out);
}

/* A worker was killed after it wrote the base, before it removed the file. */
static void
test_added_once(void **state)
{
	const char *name, *kept = arena_printf(&arena, "%s/kept", dir);
	struct err err;
	double before;
	int stop;
	pid_t pid;

	(void)state;
	pid = worker(40, &stop);
	assert_int_equal(files("worker-", &name), 1);
	copy(name, kept);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(stop);
	assert_int_equal(metrics_open(dir, &err), 0);
	before = value(PIXON_OK);
	copy(kept, name);
	assert_true(value(PIXON_OK) == before);
	assert_true(value(PIXON_OK) == before);
	/* Other files are neither read nor removed. */
	name = arena_printf(&arena, "%.*s-short",
	    (int)(strrchr(name, '-') - name), name);
	close(open(name, O_WRONLY | O_CREAT, 0600));
	assert_true(value(PIXON_OK) == before);
	assert_int_equal(access(name, F_OK), 0);
	metrics_close();
	unlink(name);
	unlink(kept);
}

static void
test_bad_directory(void **state)
{
	struct err err = { ERR_NONE, "" };

	(void)state;
	assert_int_equal(metrics_open("/nonexistent/creel", &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "/nonexistent/creel"));
	/* The worker counts in its own memory then. */
	metrics_count(METRIC_REQUESTS, "pixon", "200");
	assert_true(value(PIXON_OK) > 0);
}

static int
set_up(void **state)
{
	char *doors = routes_doors();
	struct err err;
	int rc;

	(void)state;
	rc = metrics_set_doors(doors, &err);
	free(doors);
	return rc < 0 || mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	const char *name;

	(void)state;
	while (files("base-", &name) > 0 || files("worker-", &name) > 0)
		unlink(name);
	arena_release(&arena);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_gauges),
		cmocka_unit_test(test_doors),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_added_once),
		cmocka_unit_test(test_bad_directory),
		cmocka_unit_test(test_many_doors)
	};

	return cmocka_run_group_tests_name("metrics", tests, set_up,
	    remove_dir);
}
