/* SPDX-License-Identifier: ISC */
/*
 * Field tables: the members that a client may set, in the manual's order.
 */
#ifndef CREEL_BASE_FIELD_H
#define CREEL_BASE_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/jsn.h"

enum field_type {
	FIELD_TYPE_END,
	FIELD_TYPE_STRING,
	FIELD_TYPE_INTEGER,
	FIELD_TYPE_BOOLEAN,
	FIELD_TYPE_ENUM,
	FIELD_TYPE_TIME,	/* timestamp_time_wrong() */
	FIELD_TYPE_STRINGS,	/* an array of unique strings */
	FIELD_TYPE_CHECKED	/* checked by the row's own function */
};

#define FIELD_REQUIRED 1
#define FIELD_ITEMS_MAX 512	/* of an array */

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	int64_t min;		/* of an integer, or of the length in code */
	int64_t max;		/* points of a string or of each in an array */
	const char *words;	/* values of an enum, space-separated, or of an
				 * array's strings; NULL allows any string */
	/* Returns 0, or -1 with ERR_BAD_REQUEST and a text that names the
	 * field. */
	int (*check)(const struct jsn *, struct err *);
};

#define FIELD_STRING(name, flags, min, max) \
	{ name, FIELD_TYPE_STRING, flags, min, max, NULL, NULL }
#define FIELD_INTEGER(name, flags, min, max) \
	{ name, FIELD_TYPE_INTEGER, flags, min, max, NULL, NULL }
#define FIELD_BOOLEAN(name, flags) \
	{ name, FIELD_TYPE_BOOLEAN, flags, 0, 0, NULL, NULL }
#define FIELD_ENUM(name, flags, words) \
	{ name, FIELD_TYPE_ENUM, flags, 0, 0, words, NULL }
#define FIELD_TIME(name, flags) \
	{ name, FIELD_TYPE_TIME, flags, 0, 0, NULL, NULL }
#define FIELD_STRINGS(name, flags, min, max) \
	{ name, FIELD_TYPE_STRINGS, flags, min, max, NULL, NULL }
#define FIELD_ENUMS(name, flags, words) \
	{ name, FIELD_TYPE_STRINGS, flags, 0, 0, words, NULL }
#define FIELD_CHECKED(name, flags, check) \
	{ name, FIELD_TYPE_CHECKED, flags, 0, 0, NULL, check }
#define FIELD_END { NULL, FIELD_TYPE_END, 0, 0, 0, NULL, NULL }

/*
 * Checks an object against a table: every member must be known, of its type and
 * within its limits, and every required one must exist.  null is a type error.
 * Returns -1 with ERR_BAD_REQUEST and the wording that Losant's clients know:
 * "name is required", "body has additional properties".
 */
int field_check(const struct jsn *, const struct field *, struct err *);

/* Returns whether s is one of the space-separated words. */
bool field_has_word(const char *words, const char *s);

/* Returns a copy of a table, in the arena, in which nothing is required. */
const struct field *field_optional(struct arena *, const struct field *);

#endif
