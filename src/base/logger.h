/* SPDX-License-Identifier: ISC */
/*
 * The log: one line per call, written with one write(2), to standard error,
 * to syslog or to a file.  Callers log IDs and names, never secrets.
 *
 * A message is either a word and fields, "request id=%s status=%d", or text,
 * which begins with another word.  No input can forge a line or a field: all
 * but printable ASCII is escaped as \xNN and a backslash as two; and a %s after
 * "=" is in quotes if it is empty or has a blank, quote, backslash or "=", with
 * a backslash before quotes.  The formats are %s, %.Ns, %.*s, %d, %ld, %lld and
 * %zu.
 */
#ifndef CREEL_BASE_LOGGER_H
#define CREEL_BASE_LOGGER_H

#include "base/fail.h"

enum log_level {
	LOGGER_ERROR,
	LOGGER_WARN,
	LOGGER_INFO,
	LOGGER_DEBUG,
	LOGGER_AUDIT		/* only for log_audit(); no threshold */
};

/* target is "stderr", "syslog" or the absolute path of a file.  Returns -1 with
 * ERR_CONFIG if the file cannot be opened.  Until it is called, the log is
 * stderr at level info. */
int logger_open(const char *target, enum log_level, struct err *);
/* Reopens a log file after rotation; does nothing for other targets.  On
 * failure the old file stays in use. */
void logger_reopen(void);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Writes a line regardless of the threshold.  Returns -1 with ERR_UNAVAILABLE
 * if that failed, which syslog(3) does not report. */
int log_audit(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
