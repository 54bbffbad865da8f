/* SPDX-License-Identifier: ISC */
/*
 * A response on its way to the web server: its text is sent as STDOUT records,
 * without blocking, and bytes that the socket does not take are kept.
 */
#ifndef CREEL_CREEL_OUTGOING_H
#define CREEL_CREEL_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct outgoing {
	int fd;
	struct buf text;	/* of the next records, filled by the caller */
	struct buf left;	/* records that were not sent */
	size_t sent;		/* bytes of left that were sent since */
	bool ended;		/* the end of the response was put */
	bool failed;		/* nothing more can be sent */
};

void outgoing_init(struct outgoing *, int fd);
void outgoing_release(struct outgoing *);
/* Releases buffers of more than max bytes. */
void outgoing_trim(struct outgoing *, size_t max);

/* Begins a response, with an empty text. */
void outgoing_begin(struct outgoing *);

/* Adds text and n bytes at p, which are borrowed for the call, and with last
 * the end of the response; text is empty afterwards. */
void outgoing_put(struct outgoing *, uint16_t id, const char *p, size_t n,
    bool last);

/* Sends what was not sent yet.  Returns the number of bytes that are left. */
size_t outgoing_flush(struct outgoing *);

#endif
