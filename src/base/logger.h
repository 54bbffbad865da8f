/* SPDX-License-Identifier: ISC */
/*
 * The log: one line a call, written with one write(2), to standard error,
 * to syslog or to a file.  What is not printable ASCII is escaped, so that no
 * input can forge a line.  Secrets never go in: callers log ids and names.
 */
#ifndef CREEL_BASE_LOGGER_H
#define CREEL_BASE_LOGGER_H

#include "base/fail.h"

enum log_level {
	LOGGER_ERROR,
	LOGGER_WARN,
	LOGGER_INFO,
	LOGGER_DEBUG,
	LOGGER_AUDIT		/* of log_audit() alone; no threshold */
};

/* target is "stderr", "syslog" or the absolute path of a file; -1 and err if
 * the file cannot be opened.  Before it is called, stderr at level info. */
int logger_open(const char *target, enum log_level, struct err *);
/* Opens the file anew (after it was rotated); others: nothing.  On failure
 * goes on with the old one. */
void logger_reopen(void);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What must be written down, whatever the threshold is.  -1 with
 * ERR_UNAVAILABLE if it could not be, but for syslog, which never tells. */
int log_audit(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
