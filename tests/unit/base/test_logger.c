/* SPDX-License-Identifier: ISC */
/* Tests the log: its lines, levels, rotation and targets. */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "base/logger.h"

static char folder[] = "/tmp/test_logger.XXXXXX";
static char path[64], rotated[64];
static char child[64];		/* the log of another process */
static char text[65536];	/* the last file of read_file() */

static const char *
read_file(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void
empty_file(const char *name)
{
	assert_int_equal(truncate(name, 0), 0);
}

/* Returns the text behind the time, the process and the level in a file of one
 * line. */
static const char *
read_line(const char *level)
{
	char head[64];
	char *at;
	int used = 0, year, month, day, hour, minute, second, ms, pid;

	read_file(path);
	assert_int_equal(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %d %n",
	    &year, &month, &day, &hour, &minute, &second, &ms, &pid, &used), 8);
	assert_true(used > 0 && pid == (int)getpid());
	snprintf(head, sizeof(head), "%s ", level);
	if (strncmp(text + used, head, strlen(head)) != 0)
		fail_msg("no %sin %s", head, text);
	at = strchr(text, '\n');
	assert_non_null(at);
	assert_int_equal(at[1], '\0');
	*at = '\0';
	return text + used + strlen(head);
}

static void
test_escape(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "" }, { "plain ~!\"\\%", "plain ~!\"\\%" },
		{ "a\nb", "a\\x0ab" }, { "a\r\n", "a\\x0d\\x0a" },
		{ "\t", "\\x09" }, { "\x1b[31m", "\\x1b[31m" },
		{ "\x7f", "\\x7f" }, { "\x01\x1f", "\\x01\\x1f" },
		{ "\xc3\xa9", "\\xc3\\xa9" }, { "\xff\x80", "\\xff\\x80" },
		{ "x\n2026-01-01T00:00:00.000Z 1 info forged",
		    "x\\x0a2026-01-01T00:00:00.000Z 1 info forged" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		empty_file(path);
		log_info("%s", cases[i].in);
		if (strcmp(read_line("info"), cases[i].out) != 0)
			fail_msg("cases[%zu]: %s", i, text);
	}
}

/* A message of any length, escaped or not, is one line with its end. */
static void
test_long(void **state)
{
	static const char fills[] = { 'a', '\n', '\xff' };
	static char in[10000];
	const char *out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(fills); i++) {
		memset(in, fills[i], sizeof(in) - 1);
		empty_file(path);
		log_info("%s", in);
		out = read_line("info");
		if (strlen(out) < 1900 || strlen(out) > 2200)
			fail_msg("fills[%zu]: %zu", i, strlen(out));
	}
	/* At every length around the cut, too. */
	memset(in, '\n', sizeof(in));
	for (i = 400; i < 600; i++) {
		in[i] = '\0';
		empty_file(path);
		log_info("%s", in);
		out = read_line("info");
		if (strlen(out) % 4 != 0 || strlen(out) > 4 * i)
			fail_msg("%zu: %zu", i, strlen(out));
		in[i] = '\n';
	}
}

static void
test_levels(void **state)
{
	static const struct {
		enum log_level level;
		void (*log)(const char *, ...);
		const char *name;
	} cases[] = {
		{ LOGGER_ERROR, log_error, "error" },
		{ LOGGER_WARN, log_warn, "warn" },
		{ LOGGER_INFO, log_info, "info" },
		{ LOGGER_DEBUG, log_debug, "debug" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		bool wanted = cases[i].level <= LOGGER_INFO;

		empty_file(path);
		cases[i].log("%s %d", "text", 7);
		if (!wanted)
			assert_string_equal(read_file(path), "");
		else if (strcmp(read_line(cases[i].name), "text 7") != 0)
			fail_msg("cases[%zu]: %s", i, text);
	}
}

static void
test_rotation(void **state)
{
	struct stat st;

	(void)state;
	empty_file(path);
	log_info("one");
	assert_int_equal(rename(path, rotated), 0);
	/* Until logger_reopen(), the log follows the file that it has. */
	log_info("two");
	assert_int_equal(access(path, F_OK), -1);
	logger_reopen();
	log_info("three");
	assert_string_equal(read_line("info"), "three");
	read_file(rotated);
	assert_non_null(strstr(text, " one\n"));
	assert_non_null(strstr(text, " two\n"));
	assert_null(strstr(text, "three"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0007, 0);
	/* A file that exists is appended to. */
	logger_reopen();
	log_info("four");
	read_file(path);
	assert_non_null(strstr(text, " three\n"));
	assert_non_null(strstr(text, " four\n"));
}

/* If the new file cannot be opened, the old one stays in use. */
static void
test_rotation_fails(void **state)
{
	(void)state;
	assert_int_equal(rename(path, rotated), 0);
	empty_file(rotated);
	assert_int_equal(mkdir(path, 0700), 0);
	logger_reopen();
	log_info("after");
	assert_int_equal(rmdir(path), 0);
	read_file(rotated);
	assert_non_null(strstr(text, " error log: "));
	assert_non_null(strstr(text, path));
	assert_non_null(strstr(text, " info after\n"));
	logger_reopen();
	log_info("again");
	assert_string_equal(read_line("info"), "again");
}

static void
test_rejected(void **state)
{
	static const char *const targets[] = {
		"", "creel.log", "./creel.log", "Stderr", "/nonexistent/log",
		"/tmp"
	};
	char longer[2000];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(targets); i++)
		if (logger_open(targets[i], LOGGER_INFO, &err) != -1 ||
		    err.code != ERR_CONFIG ||
		    strstr(err.text, targets[i]) == NULL)
			fail_msg("targets[%zu] \"%s\"", i, targets[i]);
	memset(longer, '/', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(logger_open(longer, LOGGER_INFO, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	/* The log continues in the same file. */
	empty_file(path);
	log_info("still");
	assert_string_equal(read_line("info"), "still");
}

/* The log is standard error before it is opened, and with "stderr". */
static int
run_stderr(void)
{
	struct err err;
	int fd = open(child, O_WRONLY | O_APPEND | O_CREAT, 0600);

	if (dup2(open("/dev/full", O_WRONLY), STDERR_FILENO) < 0)
		return 1;
	log_error("lost");
	if (log_audit(&err, "lost") != -1 || err.code != ERR_UNAVAILABLE)
		return 1;
	if (dup2(fd, STDERR_FILENO) < 0)
		return 1;
	log_info("early");
	log_debug("not wanted");
	if (logger_open("stderr", LOGGER_DEBUG, &err) < 0)
		return 1;
	logger_reopen();
	log_debug("late");
	if (logger_open("stderr", LOGGER_ERROR, &err) < 0 ||
	    log_audit(&err, "%s %d", "whatever", 1) < 0)
		return 1;
	log_warn("too small");
	return 0;
}

static void
test_stderr(void **state)
{
	(void)state;
	read_file(child);
	assert_non_null(strstr(text, " info early\n"));
	assert_non_null(strstr(text, " debug late\n"));
	assert_non_null(strstr(text, " audit whatever 1\n"));
	assert_null(strstr(text, "not wanted"));
	assert_null(strstr(text, "too small"));
}

static int
setup(void **state)
{
	struct err err;
	int status, fd;
	pid_t pid;

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(rotated, sizeof(rotated), "%s/log.1", folder);
	snprintf(child, sizeof(child), "%s/child", folder);
	if ((fd = open(path, O_CREAT | O_WRONLY, 0600)) < 0 || close(fd) < 0)
		return -1;
	/* A process opens its log once, so this needs another process. */
	if ((pid = fork()) == 0)
		_exit(run_stderr());
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return logger_open(path, LOGGER_INFO, &err);
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(rotated);
	unlink(child);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_rotation_fails),
		cmocka_unit_test(test_rejected)
	};

	return cmocka_run_group_tests_name("logger", tests, setup, teardown);
}
