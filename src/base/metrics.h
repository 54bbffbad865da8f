/* SPDX-License-Identifier: ISC */
/*
 * What a worker counts (metrics.def), and the text that Prometheus reads.
 * Counting takes one or two relaxed additions and no lock.  With a directory
 * the workers that share it are told of together: metrics_share.h says how.
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

/* From here on counts are kept in a file of the directory; "": in this
 * process alone.  Before there are threads, as metrics_close(), which leaves
 * the counts to the other workers, is called when there are none any more. */
int metrics_open(const char *dir, struct err *);
void metrics_close(void);

/* Adds one to a counter; the values of its labels, NULL where it has none. */
void metrics_count(enum metric, const char *first, const char *second);
void metrics_set(enum metric, int64_t value);
void metrics_observe(enum metric, int64_t value);
/* Looks how much memory the process has; called now and then. */
void metrics_refresh(void);

/* All of it in the text format 0.0.4.  -1 with ERR_UNAVAILABLE if the
 * directory cannot be read. */
int metrics_text(struct buf *out, struct err *);

#endif
