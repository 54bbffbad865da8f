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
 * What PostgreSQL's numeric holds with room: 131,072 digits before the point
 * and 16,383 behind it are its ends.  A number within these limits is so too
 * as PostgreSQL writes it: without an exponent, its zeros behind the point
 * kept.
 */
#define DECIMAL_DIGITS_MAX 1000		/* without zeros at both ends */
#define DECIMAL_EXPONENT_MAX 1000	/* of d.ddd * 10^exponent, +- */
#define DECIMAL_SCALE_MAX 4000		/* digits behind the point */
#define DECIMAL_WRITTEN_MAX 4000	/* the exponent as written, +- */

struct decimal {
	const char *digits;	/* from the first to the last that is not 0; */
	size_t n;		/* a point may be among them: n is bytes */
	long exponent;		/* of d.ddd * 10^exponent */
	bool negative;		/* 0 never is */
};

/* Reads a number as RFC 8259 has it, which the caller has checked; out borrows
 * the text.  False if it is beyond the limits. */
bool decimal_parse(const char *text, size_t len, struct decimal *out);

/* Less than 0, 0 or more, as a is less than b, the same or more. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
int decimal_sign(const struct decimal *);	/* -1, 0 or 1 */
bool decimal_is_whole(const struct decimal *);	/* 1.0 and 1e3 are */
/* The number if it is whole and has at most 15 digits; false otherwise. */
bool decimal_integer(const struct decimal *, long *out);

/* Appends the nearest whole number that is not nearer to 0, without an
 * exponent: at most DECIMAL_EXPONENT_MAX + 2 bytes. */
void decimal_put_whole(const struct decimal *, struct buf *);

#endif
