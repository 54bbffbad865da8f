/* SPDX-License-Identifier: ISC */
/* Cursors: places from which readers continue, KIND:POSITION:EVENT.  The kind
 * selects the statement; the other two are a place in the order of the log
 * (HACKING.md). */
#ifndef CREEL_EVENT_CURSOR_H
#define CREEL_EVENT_CURSOR_H

#include <stdbool.h>

#include "base/ids.h"
#include "db/sql.h"

#define CURSOR_DIGITS_MAX 18	/* enough for any position */

struct cursor {
	char kind;
	char position[CURSOR_DIGITS_MAX + 1];
	char event[ID_UUID_SIZE];
};

/* Parses "f:123:01a2008d-...".  Returns false, and out is undefined, for
 * anything else. */
bool cursor_parse(const char *, struct cursor *out);

/* Moves the cursor to a position and an event that the database returned; the
 * kind stays. */
void cursor_set(struct cursor *, const char *position, const char *event);

/* A kind names the statement that continues.  The last row of a table has no
 * order. */
struct cursor_kind {
	char letter;
	const char *order;	/* of lists that begin with it; "": none */
	enum sql_id sql;
};

#define CURSOR_KINDS_END { '\0', NULL, SQL_NONE }

/* Returns the kind with this letter; NULL if there is none. */
const struct cursor_kind *cursor_kind(const struct cursor_kind *, char letter);

/* Returns the kind with which a list in this order begins, the first one for
 * NULL; NULL if there is no such order. */
const struct cursor_kind *cursor_begin(const struct cursor_kind *,
    const char *order);

#endif
