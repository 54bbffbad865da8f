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
		{ "", "" }, { "plain ~!\"%", "plain ~!\"%" },
		{ "a\\x0ab\\", "a\\\\x0ab\\\\" },
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

/* The value of a field ends at the next blank, or is in quotes. */
static void
test_values(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "plain-~!%:/@,;'", "plain-~!%:/@,;'" }, { "", "\"\"" },
		{ " ", "\" \"" }, { "a b", "\"a b\"" },
		{ "a status=200", "\"a status=200\"" },
		{ "a=b", "\"a=b\"" }, { "\"", "\"\\\"\"" },
		{ "\\", "\"\\\\\"" }, { "a\\x20", "\"a\\\\x20\"" },
		{ "a\nb", "\"a\\x0ab\"" }, { "\x7f", "\"\\x7f\"" },
		{ "jos\xc3\xa9", "\"jos\\xc3\\xa9\"" },
		{ "a\" b=\"c", "\"a\\\" b=\\\"c\"" }
	};
	char line[256];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		empty_file(path);
		log_info("word a=%s b=%d c=%.64s", cases[i].in, 7,
		    cases[i].in);
		snprintf(line, sizeof(line), "word a=%s b=7 c=%s",
		    cases[i].out, cases[i].out);
		if (strcmp(read_line("info"), line) != 0)
			fail_msg("cases[%zu]: %s", i, text);
	}
	empty_file(path);
	log_info("word a=%.3s b=%.*s c=%zu,%lld.%d,%ld d", "ab c", 2, "abc",
	    (size_t)7, -8LL, 9, 10L);
	assert_string_equal(read_line("info"),
	    "word a=\"ab \" b=ab c=7,-8.9,10 d");
}

/* Reads a quoted or plain value back; returns the text after it. */
static const char *
value_read(const char *s, char *out)
{
	unsigned byte;

	if (*s != '"') {
		while (*s > ' ')
			*out++ = *s++;
		*out = '\0';
		return s;
	}
	for (s++; *s != '"'; s++) {
		if (*s == '\\' && *++s == 'x') {
			assert_int_equal(sscanf(s + 1, "%2x", &byte), 1);
			*out++ = (char)byte;
			s += 2;
		} else
			*out++ = *s;
		assert_true(*s != '\0');
	}
	*out = '\0';
	return s + 1;
}

/* Values of any bytes are read back as they were, and none changes another. */
static void
test_values_back(void **state)
{
	static const char bytes[] = " =\"\\\n\t\r\x1b\x7f\xc2\x9b\xe2\x80\xae"
	    "xx20abcstatus=";
	char in[2][40], out[40];
	const char *at;
	unsigned seed = 1;
	size_t i, j, n, k;

	(void)state;
	for (i = 0; i < 10000; i++) {
		for (j = 0; j < 2; j++) {
			seed = seed * 1103515245 + 12345;
			n = seed >> 16 & 31;
			for (k = 0; k < n; k++) {
				seed = seed * 1103515245 + 12345;
				in[j][k] = bytes[(seed >> 16) %
				    (sizeof(bytes) - 1)];
			}
			in[j][n] = '\0';
		}
		empty_file(path);
		log_info("word first=%s second=%s", in[0], in[1]);
		at = read_line("info");
		assert_memory_equal(at, "word first=", 11);
		at = value_read(at + 11, out);
		assert_string_equal(out, in[0]);
		assert_memory_equal(at, " second=", 8);
		at = value_read(at + 8, out);
		assert_string_equal(out, in[1]);
		assert_int_equal(*at, '\0');
	}
}

/* A value that is cut off has its closing quote. */
static void
test_values_long(void **state)
{
	static const char fills[] = { ' ', 'a', '\xff', '"' };
	static char in[8192], out[8192];
	const char *at;
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(fills); i++)
		for (n = i < 2 ? 3900 : i == 2 ? 980 : 1980; n < 4100; n++) {
			if (i == 2 && n > 1040)
				break;
			memset(in, fills[i], n);
			in[0] = ' ';
			in[n] = '\0';
			empty_file(path);
			log_info("word a=%s b=%s c=%d", in, "c d", 7);
			read_file(path);
			assert_true(strlen(text) <= 4096);
			at = value_read(strstr(text, "word a=") + 7, out);
			assert_true(strncmp(at, " b=\"c d\" c=7\n",
			    strcspn(at, "\n")) == 0 ||
			    strchr(at, '"') != NULL);
			assert_int_equal(text[strlen(text) - 1], '\n');
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
		if (strlen(out) < 4000 || strlen(out) > 4096)
			fail_msg("fills[%zu]: %zu", i, strlen(out));
	}
	/* At every length around the cut, too. */
	memset(in, '\n', sizeof(in));
	for (i = 900; i < 1100; i++) {
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
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_values_back),
		cmocka_unit_test(test_values_long),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_rotation_fails),
		cmocka_unit_test(test_rejected)
	};

	return cmocka_run_group_tests_name("logger", tests, setup, teardown);
}
