/* SPDX-License-Identifier: ISC */
/*
 * Matches: whether a stored event has a value at a place.  The place is a JSON
 * Pointer (RFC 6901) into an object with the members that creelctl(8) lists
 * under erase.  All comparisons are exact: of code points, and of numbers
 * without rounding.
 */
#ifndef CREEL_EVENT_MATCH_H
#define CREEL_EVENT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/fail.h"

#define MATCH_PATH_MAX 32	/* names in a pointer */

/* A name in a pointer, decoded. */
struct match_name {
	const char *text;
	size_t len;
};

struct match {
	struct match_name names[MATCH_PATH_MAX];
	size_t n;
	const char *path;	/* as it was given, without the value */
	const char *value;
	size_t len;		/* of the value */
	bool contains;		/* a part of a string is enough */
	bool is_number;
	struct decimal number;	/* of the value */
};

/* What is stored of a call; NULL: the event does not have it. */
struct match_event {
	const char *reading;	/* reading_name() */
	const char *value;
	const char *body;
	size_t body_len;
	const char *type;	/* Content-Type */
	const char *headers;	/* a JSON object */
	const char *method;
	const char *path;
	const char *query;
	const char *query_json;
	const char *principal;
	const char *remote;
	const char *record;	/* JSON: a form's, or an action's commands */
};

/*
 * Reads "PATH=VALUE"; the first "=" ends the path.  out borrows the text and
 * the arena.  what is the option's name in errors.  Returns -1 with ERR_USAGE
 * if the path is no JSON Pointer, names no member of an event, or is too long;
 * if the value is not UTF-8; or if an empty text would be contained in all.
 */
int match_parse(struct arena *, const char *what, const char *text,
    bool contains, struct match *out, struct err *);

/*
 * Returns whether a value at the path equals match's, or a string there
 * contains it.  An object or array there matches if a value in it does, at any
 * depth, or a member's name.  Body, path and query are compared as the feed
 * returns them, and as they are when they are decoded fully:
 * - the files of multipart/form-data as {"filename","contentType","data"}, data
 *   being text, and other bodies that are not JSON as text;
 * - the path without percent-encoding.
 */
bool match_is(const struct match *, const struct match_event *);

#endif
