/* SPDX-License-Identifier: ISC */
/*
 * Decimal numbers as JSON writes them, exactly: nothing is rounded to a
 * double.
 */
#ifndef CREEL_BASE_DECIMAL_H
#define CREEL_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Limits well below those of PostgreSQL's numeric: 131,072 digits before the
 * point and 16,383 after it.  A number within these limits stays within them
 * as PostgreSQL writes it: without an exponent, trailing zeros kept.
 */
#define DECIMAL_DIGITS_MAX 1000		/* without zeros at both ends */
#define DECIMAL_EXPONENT_MAX 1000	/* of d.ddd * 10^exponent, +- */
#define DECIMAL_SCALE_MAX 4000		/* digits after the point */
#define DECIMAL_WRITTEN_MAX 4000	/* the exponent as written, +- */

struct decimal {
	const char *digits;	/* from the first to the last that is not 0 */
	size_t n;		/* bytes: one of them may be the point */
	long exponent;		/* of d.ddd * 10^exponent */
	bool negative;		/* false for 0 */
};

/* Reads a number of RFC 8259's grammar, which the caller has checked; out
 * borrows the text.  Returns false if it is beyond the limits. */
bool decimal_parse(const char *text, size_t len, struct decimal *out);

/* Returns less than 0, 0 or more than 0 if a is less than, equal to or greater
 * than b. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
int decimal_sign(const struct decimal *);	/* -1, 0 or 1 */
bool decimal_is_whole(const struct decimal *);	/* 1.0 and 1e3 are */
/* Sets *out if the number is whole and has at most 15 digits; returns false
 * otherwise. */
bool decimal_integer(const struct decimal *, long *out);

/* Appends the number rounded away from 0 to a whole one, without an exponent:
 * at most DECIMAL_EXPONENT_MAX + 2 bytes. */
void decimal_put_whole(const struct decimal *, struct buf *);

#endif
