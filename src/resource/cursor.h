/* Cursors, as readers get them to go on from: KIND:TRANSACTION:EVENT.  The kind
 * says how it goes on; the other two are the place in the log's order. */
#ifndef CREEL_RESOURCE_CURSOR_H
#define CREEL_RESOURCE_CURSOR_H

#include <stdbool.h>

#include "base/ids.h"

#define CURSOR_DIGITS_MAX 18	/* of a transaction: any that there is */

struct cursor {
	char kind;
	char transaction[CURSOR_DIGITS_MAX + 1];
	char event[ID_UUID_SIZE];
};

/* Reads "f:123:01a2008d-...".  False, and out is undefined, for anything
 * else. */
bool cursor_parse(const char *, struct cursor *out);

#endif
