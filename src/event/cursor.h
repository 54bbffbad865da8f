/* SPDX-License-Identifier: ISC */
/* Cursors, as readers get them to go on from: KIND:TRANSACTION:EVENT.  The kind
 * says how it goes on; the other two are the place in the log's order. */
#ifndef CREEL_EVENT_CURSOR_H
#define CREEL_EVENT_CURSOR_H

#include <stdbool.h>

#include "base/ids.h"
#include "db/sql.h"

#define CURSOR_DIGITS_MAX 18	/* of a transaction: any that there is */

struct cursor {
	char kind;
	char transaction[CURSOR_DIGITS_MAX + 1];
	char event[ID_UUID_SIZE];
};

/* Reads "f:123:01a2008d-...".  False, and out is undefined, for anything
 * else. */
bool cursor_parse(const char *, struct cursor *out);

/* A kind says which statement goes on.  The last of a table has no order. */
struct cursor_kind {
	char letter;
	const char *order;	/* of what begins with it; "": nothing does */
	enum sql_id sql;
};

#define CURSOR_KINDS_END { '\0', NULL, SQL__COUNT }

/* The kind with this letter; NULL if there is none. */
const struct cursor_kind *cursor_kind(const struct cursor_kind *, char letter);

/* The kind that this order begins with, the first for NULL; NULL if there is
 * none. */
const struct cursor_kind *cursor_begin(const struct cursor_kind *,
    const char *order);

#endif
