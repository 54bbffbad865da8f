/* SPDX-License-Identifier: ISC */
/*
 * Rate limits over all workers of a host, counted in memory that they share.
 * Windows are ten seconds long and begin at the same time for all keys.
 */
#ifndef CREEL_BASE_RATE_H
#define CREEL_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define RATE_WINDOW_MS 10000

struct rate;

/* dir holds the file that the workers share.  "" counts in this process only,
 * and so does a full file system, which is logged.  Returns -1 with ERR_CONFIG
 * if the file cannot be created for another reason. */
int rate_open(const char *dir, struct rate **out, struct err *);
void rate_close(struct rate **);

/* Counts a call; returns false if there are more than limit in this window.
 * If the table is full, calls of a new key are neither counted nor limited. */
bool rate_take(struct rate *, const char *key, int64_t limit);

#endif
