/* SPDX-License-Identifier: ISC */
/*
 * A worker's counts in a file that other workers read: only for metrics.c.
 *
 * Each worker maps a file of its own and holds a lock (flock) on it as long as
 * it lives.  The next worker that reads or closes adds an unlocked file to the
 * base file and removes it, so that no sum ever decreases.  All of that, and
 * each reading, happens under the lock of the directory.
 */
#ifndef CREEL_BASE_METRICS_SHARE_H
#define CREEL_BASE_METRICS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/metrics.h"

#define METRICS_CELLS 512	/* of a metric: metrics_set_doors() checks it */

/* The layout of the files, in native byte order. */
struct metrics_page {
	uint64_t id;		/* in the base: of the page added last */
	int64_t pid;
	_Atomic uint64_t cells[METRIC__COUNT][METRICS_CELLS];
};

struct metrics_share;

/* Creates this worker's file.  Its name contains the layout, because only files
 * of the same layout are summed.  Returns -1 with ERR_UNAVAILABLE if the file
 * system is full, or ERR_CONFIG. */
int share_open(const char *dir, uint64_t layout, struct metrics_share **out,
    struct metrics_page **page, struct err *);
/* Unmaps the page and adds its counts to the base. */
void share_close(struct metrics_share **);

/* Calls fn with the base and every worker's page.  Returns -1 with
 * ERR_UNAVAILABLE if the directory cannot be read. */
typedef void share_fn(const struct metrics_page *, bool alive, void *ctx);
int share_walk(const struct metrics_share *, share_fn *fn, void *ctx,
    struct err *);

#endif
