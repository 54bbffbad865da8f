/* SPDX-License-Identifier: ISC */
/*
 * A token bucket: calls take tokens, which are refilled at a rate.  A process
 * that serves a part of the calls takes a multiple of a token for each, so that
 * its bucket shows what all processes have left.
 */
#ifndef CREEL_BASE_BUCKET_H
#define CREEL_BASE_BUCKET_H

#include <stdint.h>

struct bucket {
	double tokens;		/* negative: debt */
	int64_t rate;		/* tokens per second */
	int64_t burst;		/* maximum of tokens */
	int64_t at;		/* milliseconds, of the last refill */
};

/* Sets rate and burst, both at least 1.  A bucket that is zeroed is filled. */
void bucket_set(struct bucket *, int64_t rate, int64_t burst, int64_t now);

/* Returns the milliseconds until a call with a cost of at least one token may
 * pass; 0: now.  A full bucket has enough for any call. */
int64_t bucket_wait(struct bucket *, double cost, int64_t now);
/* Takes the tokens of a call that bucket_wait() lets pass.  Missing tokens
 * become a debt, of at most so many. */
void bucket_take(struct bucket *, double cost, double most);

/* Returns the whole tokens that are left. */
int64_t bucket_left(const struct bucket *);
/* Returns the milliseconds until the bucket is full. */
int64_t bucket_filled(const struct bucket *);

#endif
