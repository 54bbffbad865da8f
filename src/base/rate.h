/* SPDX-License-Identifier: ISC */
/*
 * How often something happened lately, over all workers of a host: counters in
 * memory that they share.  Ten seconds are a window, and each window begins
 * anew for everybody at once.
 */
#ifndef CREEL_BASE_RATE_H
#define CREEL_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define RATE_WINDOW_MS 10000

struct rate;

/* dir is where the workers share it; "": this process counts alone.  -1 with
 * ERR_CONFIG if the file cannot be made there. */
int rate_open(const char *dir, struct rate **out, struct err *);
void rate_close(struct rate **);

/* Counts one; false if that is more than limit in this window.  What finds no
 * room in a table full of others is not counted. */
bool rate_take(struct rate *, const char *key, int64_t limit);
/* Counts nothing; false if more than limit were counted in this window. */
bool rate_peek(struct rate *, const char *key, int64_t limit);

#endif
