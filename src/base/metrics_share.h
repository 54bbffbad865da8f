/* SPDX-License-Identifier: ISC */
/*
 * A worker's counts in a file that others read: for metrics.c alone.
 *
 * Each worker has a file of its own, mapped, and holds a lock (flock) on it as
 * long as it lives.  Whoever comes next adds a file that nobody holds to the
 * base file, and removes it, so that no sum ever goes down.  All of that, and
 * each reading, happens under the lock of the directory.
 */
#ifndef CREEL_BASE_METRICS_SHARE_H
#define CREEL_BASE_METRICS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/metrics.h"

#define METRICS_CELLS 128	/* of a metric */

/* The files' layout, in the machine's own order of bytes. */
struct metrics_page {
	uint64_t id;		/* of the base: what was added last */
	int64_t pid;
	_Atomic uint64_t cells[METRIC__COUNT][METRICS_CELLS];
};

struct metrics_share;

/* Makes a file, whose name tells the layout: only equals are summed. */
int share_open(const char *dir, uint64_t layout, struct metrics_share **out,
    struct metrics_page **page, struct err *);
/* The page is gone then; its counts are in the base. */
void share_close(struct metrics_share **);

/* Calls fn with the base and every worker's page. */
typedef void share_fn(const struct metrics_page *, bool alive, void *ctx);
int share_walk(const struct metrics_share *, share_fn *fn, void *ctx,
    struct err *);

#endif
