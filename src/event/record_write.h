/* SPDX-License-Identifier: ISC */
/* Formats of records: JSON, and CSV for spreadsheets. */
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
	const char *time;	/* when the event was received */
	const char *email;	/* of the user that called, or NULL */
	const char *values;	/* a JSON object that jsn_scan() accepts, */
	size_t values_len;	/* or NULL */
};

/* The state of a list of records. */
struct record_list {
	const struct form_fields *fields;	/* the form's current fields */
	struct jsn_slice *values;	/* of one record, by field */
	int64_t count;			/* records written */
};

/* A format: a begin, a put for each record, an end; each appends to a buf. */
struct record_format {
	const char *name;	/* "csv" */
	const char *accept;	/* its media type */
	const char *type;	/* Content-Type */
	const char *suffix;	/* of a file to download; NULL: no file */
	bool follows;		/* end writes the cursor */
	void (*begin)(struct record_list *, struct buf *);
	void (*put)(struct record_list *, const struct record *,
	    struct buf *);
	void (*end)(struct record_list *, const char *cursor, bool more,
	    struct buf *);
};

extern const struct record_format record_formats[];	/* ended by a NULL
							 * name; the first is
							 * the default */

/* Initializes an empty list, in the arena; the fields are borrowed. */
void record_list_init(struct record_list *, struct arena *,
    const struct form_fields *);

#endif
