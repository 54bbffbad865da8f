/* SPDX-License-Identifier: ISC */
/* The log: writes lines to standard error, syslog or a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/logger.h"

#define LINE_SIZE 2048		/* longer lines are truncated */

static const struct {
	const char *name;
	int syslog;
} levels[] = {
	[LOGGER_ERROR] = { "error", LOG_ERR },
	[LOGGER_WARN] = { "warn", LOG_WARNING },
	[LOGGER_INFO] = { "info", LOG_INFO },
	[LOGGER_DEBUG] = { "debug", LOG_DEBUG },
	[LOGGER_AUDIT] = { "audit", LOG_NOTICE }
};

/* Set once by logger_open(); the descriptor stays the same when the file is
 * reopened, so that no thread writes to one that was closed. */
static enum log_level threshold = LOGGER_INFO;
static int descriptor = STDERR_FILENO;
static bool to_syslog;
static char file[1024];

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

int
logger_open(const char *target, enum log_level level, struct err *err)
{
	int fd;

	threshold = level;
	if (strcmp(target, "stderr") == 0)
		return 0;
	if (strcmp(target, "syslog") == 0) {
		openlog("creel", LOG_PID | LOG_NDELAY, LOG_DAEMON);
		to_syslog = true;
		return 0;
	}
	if (target[0] != '/' || strlen(target) >= sizeof(file))
		return err_set(err, ERR_CONFIG, "log: must be stderr, syslog "
		    "or an absolute path, not \"%s\"", target);
	if ((fd = open_file(target)) < 0)
		return err_set(err, ERR_CONFIG, "log: %s: %s", target,
		    strerror(errno));
	strcpy(file, target);
	descriptor = fd;
	return 0;
}

void
logger_reopen(void)
{
	int fd;

	if (file[0] == '\0')
		return;
	if ((fd = open_file(file)) < 0) {
		log_error("log: %s: %s", file, strerror(errno));
		return;
	}
	dup3(fd, descriptor, O_CLOEXEC);
	close(fd);
}

/* Copies a text and escapes all but printable ASCII.  Returns the length, which
 * is less than size. */
static size_t
escape(const char *in, char *out, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *in != '\0' && n + 5 < size; in++) {
		unsigned char c = (unsigned char)*in;

		if (c >= ' ' && c <= '~') {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return n;
}

/* Writes time, process ID and level; returns the length.  The part that changes
 * once a second is cached. */
static size_t
put_stamp(char *out, size_t size, enum log_level level)
{
	static _Thread_local char second[32];
	static _Thread_local time_t when = -1;
	static _Thread_local int pid;
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != when) {
		when = now.tv_sec;
		pid = (int)getpid();
		gmtime_r(&when, &tm);
		strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &tm);
	}
	return (size_t)snprintf(out, size, "%s.%03dZ %d %s ", second,
	    (int)(now.tv_nsec / 1000000), pid, levels[level].name);
}

/* Returns -1 with errno on failure.  syslog(3) reports no failures. */
static int __attribute__((format(printf, 2, 0)))
log_line(enum log_level level, const char *fmt, va_list ap)
{
	char text[LINE_SIZE], line[LINE_SIZE + 64];
	ssize_t written;
	size_t n;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (to_syslog) {
		n = escape(text, line, sizeof(line));
		syslog(levels[level].syslog, "%.*s", (int)n, line);
		return 0;
	}
	n = put_stamp(line, sizeof(line), level);
	n += escape(text, line + n, sizeof(line) - n - 1);
	line[n++] = '\n';
	written = write(descriptor, line, n);
	if (written >= 0 && (size_t)written < n)
		errno = ENOSPC;
	return written == (ssize_t)n ? 0 : -1;
}

/* Failures are ignored: a log that cannot be written must not stop the work. */
#define LOG_FUNCTION(name, level)		\
void						\
name(const char *fmt, ...)			\
{						\
	va_list ap;				\
						\
	if (level > threshold)			\
		return;				\
	va_start(ap, fmt);			\
	log_line(level, fmt, ap);		\
	va_end(ap);				\
}

LOG_FUNCTION(log_error, LOGGER_ERROR)
LOG_FUNCTION(log_warn, LOGGER_WARN)
LOG_FUNCTION(log_info, LOGGER_INFO)
LOG_FUNCTION(log_debug, LOGGER_DEBUG)

int
log_audit(struct err *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = log_line(LOGGER_AUDIT, fmt, ap);
	va_end(ap);
	return rc == 0 ? 0 : err_set(err, ERR_UNAVAILABLE,
	    "the log cannot be written: %s", strerror(errno));
}
