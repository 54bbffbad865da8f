/* SPDX-License-Identifier: ISC */
/* Exact decimal numbers: parsing, comparing and rounding. */
#include <string.h>

#include "base/decimal.h"

/* Reads digits and skips the point. */
struct reader {
	const char *p;
	const char *end;
};

/* Returns the next digit, or '0' after the last one. */
static char
next_digit(struct reader *r)
{
	if (r->p < r->end && *r->p == '.')
		r->p++;
	return r->p < r->end ? *r->p++ : '0';
}

/* Returns the number of digits from p to end, where one point may be. */
static size_t
count_digits(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	return n - (n > 0 && memchr(p, '.', n) != NULL);
}

/* Reads the exponent after the e.  Returns false if it is beyond
 * DECIMAL_WRITTEN_MAX. */
static bool
read_exponent(const char *p, const char *end, long *out)
{
	bool negative = p < end && *p == '-';
	long n = 0;

	for (p += p < end && (*p == '-' || *p == '+'); p < end; p++) {
		n = n * 10 + (*p - '0');
		if (n > DECIMAL_WRITTEN_MAX)
			return false;
	}
	*out = negative ? -n : n;
	return true;
}

/* Returns the number of digits after the point, ignoring the exponent. */
static long
count_fraction(const char *p, const char *end)
{
	const char *point = memchr(p, '.', (size_t)(end - p));

	return point == NULL ? 0 : end - point - 1;
}

/* Sets d to the range from the first to the last non-zero digit; p to end holds
 * digits and at most one point. */
static void
trim(const char *p, const char *end, struct decimal *d)
{
	const char *point = memchr(p, '.', (size_t)(end - p)), *first = p;

	if (point == NULL)
		point = end;
	while (first < end && (*first == '0' || *first == '.'))
		first++;
	if (first == end) {
		*d = (struct decimal){ .digits = p };
		return;
	}
	while (end[-1] == '0' || end[-1] == '.')
		end--;
	d->digits = first;
	d->n = (size_t)(end - first);
	d->exponent += point - first - (first < point);
}

bool
decimal_parse(const char *text, size_t len, struct decimal *out)
{
	struct decimal d = { .negative = len > 0 && *text == '-' };
	const char *p = text + d.negative, *end = text + len, *e = p;

	while (e < end && *e != 'e' && *e != 'E')
		e++;
	if (e < end && !read_exponent(e + 1, end, &d.exponent))
		return false;
	if (count_fraction(p, e) - d.exponent > DECIMAL_SCALE_MAX)
		return false;
	trim(p, e, &d);
	if (count_digits(d.digits, d.digits + d.n) > DECIMAL_DIGITS_MAX ||
	    d.exponent > DECIMAL_EXPONENT_MAX ||
	    d.exponent < -DECIMAL_EXPONENT_MAX)
		return false;
	*out = d;
	return true;
}

int
decimal_sign(const struct decimal *d)
{
	return d->n == 0 ? 0 : d->negative ? -1 : 1;
}

static int
compare_magnitudes(const struct decimal *a, const struct decimal *b)
{
	struct reader x = { a->digits, a->digits + a->n };
	struct reader y = { b->digits, b->digits + b->n };
	char one, two;

	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -1 : 1;
	while (x.p < x.end || y.p < y.end) {
		one = next_digit(&x);
		two = next_digit(&y);
		if (one != two)
			return one < two ? -1 : 1;
	}
	return 0;
}

int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
	int sign = decimal_sign(a), other = decimal_sign(b);

	if (sign != other || sign == 0)
		return sign - other;
	return sign * compare_magnitudes(a, b);
}

bool
decimal_is_whole(const struct decimal *d)
{
	return d->n == 0 || d->exponent + 1 >=
	    (long)count_digits(d->digits, d->digits + d->n);
}

bool
decimal_integer(const struct decimal *d, long *out)
{
	struct reader r = { d->digits, d->digits + d->n };
	long n = 0, i;

	if (!decimal_is_whole(d) || d->exponent > 14)
		return false;
	for (i = 0; d->n > 0 && i <= d->exponent; i++)
		n = n * 10 + (next_digit(&r) - '0');
	*out = d->negative ? -n : n;
	return true;
}

/* Adds 1 to the number in the buffer's last n digits. */
static void
increment(struct buf *b, size_t n)
{
	char *first = b->data + b->len - n, *p = b->data + b->len;

	while (p > first && p[-1] == '9')
		*--p = '0';
	if (p > first) {
		p[-1]++;
		return;
	}
	*first = '1';
	buf_addch(b, '0');
}

void
decimal_put_whole(const struct decimal *d, struct buf *b)
{
	struct reader r = { d->digits, d->digits + d->n };
	long i;

	if (d->negative)
		buf_addch(b, '-');
	if (d->n == 0 || d->exponent < 0) {
		buf_addch(b, d->n == 0 ? '0' : '1');
		return;
	}
	for (i = 0; i <= d->exponent; i++)
		buf_addch(b, next_digit(&r));
	if (!decimal_is_whole(d))
		increment(b, (size_t)d->exponent + 1);
}
