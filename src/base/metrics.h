/* SPDX-License-Identifier: ISC */
/*
 * Metrics of a worker (metrics.def) in the text format of Prometheus.
 * Counting takes one or two relaxed additions and no lock.  Workers that share
 * a directory are summed: metrics_share.h says how.
 */
#ifndef CREEL_BASE_METRICS_H
#define CREEL_BASE_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"

enum metric {
#define COUNTER(id, name, help, ...) METRIC_##id,
#define HISTOGRAM(id, name, help, scale, ...) METRIC_##id,
#define GAUGE(id, name, help) METRIC_##id,
#define WORKER(id, name, help) METRIC_##id,
#include "base/metrics.def"
#undef COUNTER
#undef HISTOGRAM
#undef GAUGE
#undef WORKER
	METRIC__COUNT
};

/* Sets the values of the label "door": words, each once, the last of which
 * also stands for all others.  Copies them.  Returns -1 with ERR_INTERNAL if a
 * metric would need more than METRICS_CELLS.  Call it before metrics_open(). */
int metrics_set_doors(const char *words, struct err *);
/* Keeps the counts in a file in dir; "" keeps them in this process only, and so
 * does a full file system, which is logged.  Returns -1 with ERR_CONFIG if the
 * file cannot be created for another reason.  Call it before threads start,
 * and metrics_close(), which leaves the counts to the other workers, after
 * they have ended. */
int metrics_open(const char *dir, struct err *);
void metrics_close(void);

/* Adds one to a counter; first and second are the values of its labels, or
 * NULL. */
void metrics_count(enum metric, const char *first, const char *second);
void metrics_set(enum metric, int64_t value);
void metrics_observe(enum metric, int64_t value);
/* Updates the resident memory; called periodically. */
void metrics_refresh(void);

/* Appends all metrics in the text format 0.0.4.  Returns -1 with
 * ERR_UNAVAILABLE if the directory cannot be read. */
int metrics_text(struct buf *out, struct err *);

#endif
