/* SPDX-License-Identifier: ISC */
/* How records are written: JSON, or CSV for spreadsheets. */
#ifndef CREEL_EVENT_RECORD_WRITE_H
#define CREEL_EVENT_RECORD_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/jsn_walk.h"
#include "hook/form_field.h"

struct record {
	const char *id;		/* of its event */
	const char *time;	/* when that was received */
	const char *email;	/* the user's who called, or NULL */
	const char *values;	/* a JSON object that jsn_scan() accepts, */
	size_t values_len;	/* or NULL */
};

/* Where a list of records is. */
struct record_list {
	const struct form_fields *fields;	/* the form's of today */
	struct jsn_slice *values;	/* room for one of each */
	int64_t count;			/* records that were put */
};

/* A format: a begin, a put for each record, an end; each appends to a buf. */
struct record_format {
	const char *name;	/* "csv" */
	const char *accept;	/* its media type */
	const char *type;	/* the same as Content-Type tells it */
	const char *suffix;	/* of the file that it is for, or NULL: none */
	bool follows;		/* its end tells the cursor */
	void (*begin)(struct record_list *, struct buf *);
	void (*put)(struct record_list *, const struct record *,
	    struct buf *);
	void (*end)(struct record_list *, const char *cursor, bool more,
	    struct buf *);
};

extern const struct record_format record_formats[];	/* ended by no name;
							 * the first is what
							 * is not asked for */

/* A list of none; the fields and it live in the arena. */
void record_list_init(struct record_list *, struct arena *,
    const struct form_fields *);

#endif
