/* SPDX-License-Identifier: ISC */
/* Rows: the facts about route tables that the web servers' samples contain. */
#ifndef CREEL_CREEL_ROWS_H
#define CREEL_CREEL_ROWS_H

#include "http/route.h"

#define WORDS_MAX 128

/* Strings without duplicates, in alphabetical order. */
struct words {
	const struct route *const *tables;	/* of rows_walk() */
	struct arena *arena;
	const char *at[WORDS_MAX];
	size_t n;
};

/* Adds a word; more than WORDS_MAX end the program. */
void words_add(struct words *, const char *word);
/* Returns whether there is such a word, in any case. */
bool words_have(const struct words *, const char *word);

/* Adds the words of a row. */
typedef void row_fn(const struct route *, struct words *);

/* Sets out to the words of all rows that a web server passes requests to. */
void rows_walk(const struct route *const *tables, row_fn *, struct arena *,
    struct words *out);

row_fn row_segment;	/* first segments of paths that have several */
row_fn row_single;	/* paths that are one segment */
row_fn row_door;	/* all first segments */
row_fn row_secret_path;	/* the part of a path before its credential */
/* First segments of paths that contain such a part before a parameter that is
 * no credential: access logs do not mask these paths. */
row_fn row_open_path;
row_fn row_secret_name;	/* query parameters that access logs must mask */

/* Returns a row that the samples cannot serve, with the reason, in the arena;
 * NULL if there is none. */
const char *rows_fault(const struct route *const *tables, struct arena *);

#endif
