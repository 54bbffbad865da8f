/* SPDX-License-Identifier: ISC */
/*
 * Shares of a limited number of bytes.  What an owner may hold shrinks with the
 * room that is left, so that there is always some for others (dynamic
 * thresholds: Choudhury and Hahne, 1998).  Any thread may call.
 */
#ifndef CREEL_BASE_SHARE_H
#define CREEL_BASE_SHARE_H

#include <stdint.h>

#define SHARE_TIMES 4		/* an owner's share: times the room left */

struct share_owner;
struct shares;

enum share_outcome {
	SHARE_TAKEN,
	SHARE_FULL,		/* no room, because of others */
	SHARE_USED		/* the owner holds its share, or most of all */
};

/* What one user of memory holds.  Zeroed at first; call share_set() with 0
 * bytes before its memory is freed.  It belongs to one thread at a time. */
struct share {
	struct share_owner *owner;
	int64_t bytes;
};

struct shares *shares_new(int64_t max);
/* All shares are at 0 bytes. */
void shares_free(struct shares **);

/* Changes the bytes of a share, which may pass to another owner.  Fewer bytes
 * of the same owner are always taken.  After other outcomes than SHARE_TAKEN
 * the share is at 0 bytes. */
enum share_outcome share_set(struct shares *, struct share *, const char *owner,
    int64_t bytes);

#endif
