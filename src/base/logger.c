/* SPDX-License-Identifier: ISC */
/* The log: writes lines to standard error, syslog or a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/logger.h"

/* Longer lines are truncated.  A pipe takes a line of this size whole. */
#define LINE_SIZE 4096
#define LINE_ROOM (LINE_SIZE - 2)	/* leaves a quote and the line end */

struct line {
	char text[LINE_SIZE];
	size_t n;
};

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

static void
put(struct line *l, const char *s, size_t n)
{
	/* A closing quote may have gone beyond the room. */
	if (l->n >= LINE_ROOM)
		return;
	if (n > LINE_ROOM - l->n)
		n = LINE_ROOM - l->n;
	memcpy(l->text + l->n, s, n);
	l->n += n;
}

/* Appends at most max bytes of a text.  All but printable ASCII is escaped, and
 * the characters in special; each escape is whole. */
static void
put_text(struct line *l, const char *s, size_t max, const char *special)
{
	unsigned char c;
	size_t n;

	for (; max > 0 && *s != '\0'; s++, max--) {
		c = (unsigned char)*s;
		char code[] = { '\\', 'x', hex_digits[c >> 4],
		    hex_digits[c & 15] };

		n = c < ' ' || c > '~' ? 4 : strchr(special, c) != NULL ? 2 : 1;
		if (n == 2)
			code[1] = (char)c;
		if (l->n + n > LINE_ROOM)
			return;
		put(l, n == 1 ? s : code, n);
	}
}

/* Appends the value of a field: in quotes, if it would not end at the next
 * blank otherwise. */
static void
put_value(struct line *l, const char *s, size_t max)
{
	size_t i = 0;

	while (i < max && s[i] > ' ' && s[i] <= '~' &&
	    strchr("\"\\=", s[i]) == NULL)
		i++;
	if (i > 0 && (i == max || s[i] == '\0')) {
		put(l, s, i);
	} else if (l->n < LINE_ROOM) {
		put(l, "\"", 1);
		put_text(l, s, max, "\"\\");
		l->text[l->n++] = '"';
	}
}

static void __attribute__((format(printf, 2, 3)))
put_number(struct line *l, const char *fmt, ...)
{
	char digits[32];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(digits, sizeof(digits), fmt, ap);
	va_end(ap);
	put(l, digits, n > 0 ? (size_t)n : 0);
}

/* Appends a conversion: %s with or without a precision, %d, %ld, %lld or %zu.
 * Returns the format after it; its end for any other. */
static const char *
put_conversion(struct line *l, const char *fmt, bool is_value, va_list *ap)
{
	size_t max = SIZE_MAX;
	char *end;

	if (strncmp(fmt, ".*", 2) == 0) {
		max = (size_t)va_arg(*ap, int);
		fmt += 2;
	} else if (*fmt == '.') {
		max = strtoul(fmt + 1, &end, 10);
		fmt = end;
	}
	if (*fmt == 's') {
		if (is_value)
			put_value(l, va_arg(*ap, const char *), max);
		else
			put_text(l, va_arg(*ap, const char *), max, "\\");
		return fmt + 1;
	}
	if (*fmt == 'd')
		put_number(l, "%d", va_arg(*ap, int));
	else if (strncmp(fmt, "ld", 2) == 0)
		put_number(l, "%ld", va_arg(*ap, long));
	else if (strncmp(fmt, "lld", 3) == 0)
		put_number(l, "%lld", va_arg(*ap, long long));
	else if (strncmp(fmt, "zu", 2) == 0)
		put_number(l, "%zu", va_arg(*ap, size_t));
	else
		return fmt + strlen(fmt);
	return fmt + strcspn(fmt, "du") + 1;
}

/* Formats a line.  A %s after "=" is the value of a field. */
static void
put_format(struct line *l, const char *fmt, va_list *ap)
{
	size_t n;

	while (*fmt != '\0') {
		n = strcspn(fmt, "%");
		put(l, fmt, n);
		fmt += n;
		if (*fmt == '%')
			fmt = put_conversion(l, fmt + 1,
			    n > 0 && fmt[-1] == '=', ap);
	}
}

/* Begins a line with time, process ID and level.  The part that changes once a
 * second is cached. */
static void
put_stamp(struct line *l, enum log_level level)
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
	l->n = (size_t)snprintf(l->text, LINE_ROOM, "%s.%03dZ %d %s ", second,
	    (int)(now.tv_nsec / 1000000), pid, levels[level].name);
}

/* Returns -1 with errno on failure.  syslog(3) reports no failures. */
static int
log_line(enum log_level level, const char *fmt, va_list *ap)
{
	struct line line;
	ssize_t written;

	line.n = 0;
	if (to_syslog) {
		put_format(&line, fmt, ap);
		syslog(levels[level].syslog, "%.*s", (int)line.n, line.text);
		return 0;
	}
	put_stamp(&line, level);
	put_format(&line, fmt, ap);
	line.text[line.n++] = '\n';
	written = write(descriptor, line.text, line.n);
	if (written >= 0 && (size_t)written < line.n)
		errno = ENOSPC;
	return written == (ssize_t)line.n ? 0 : -1;
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
	log_line(level, fmt, &ap);		\
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
	rc = log_line(LOGGER_AUDIT, fmt, &ap);
	va_end(ap);
	return rc == 0 ? 0 : err_set(err, ERR_UNAVAILABLE,
	    "the log cannot be written: %s", strerror(errno));
}
