/* SPDX-License-Identifier: ISC */
/* Token buckets for quotas of calls per second. */
#include "base/bucket.h"

static void
refill(struct bucket *b, int64_t now)
{
	if (now > b->at)
		b->tokens += (double)(now - b->at) * (double)b->rate / 1000;
	if (b->tokens > (double)b->burst)
		b->tokens = (double)b->burst;
	b->at = now;
}

void
bucket_set(struct bucket *b, int64_t rate, int64_t burst, int64_t now)
{
	if (b->rate == 0)
		b->tokens = (double)burst;
	else
		refill(b, now);
	b->rate = rate;
	b->burst = burst;
	b->at = now;
	refill(b, now);
}

int64_t
bucket_wait(struct bucket *b, double cost, int64_t now)
{
	double missing;

	refill(b, now);
	missing = (cost < (double)b->burst ? cost : (double)b->burst) -
	    b->tokens;
	return missing <= 0 ? 0 :
	    (int64_t)(missing * 1000 / (double)b->rate) + 1;
}

void
bucket_take(struct bucket *b, double cost, double most)
{
	b->tokens -= cost;
	if (b->tokens < -most)
		b->tokens = -most;
}

int64_t
bucket_left(const struct bucket *b)
{
	return b->tokens < 0 ? 0 : (int64_t)b->tokens;
}

int64_t
bucket_filled(const struct bucket *b)
{
	return (int64_t)(((double)b->burst - b->tokens) * 1000 /
	    (double)b->rate);
}
