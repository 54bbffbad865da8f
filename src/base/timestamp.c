/* SPDX-License-Identifier: ISC */
/* Checks and reads dates and timestamps. */
#include <string.h>
#include <time.h>

#include "base/timestamp.h"

#define DATE_LEN 10		/* YYYY-MM-DD */
#define CLOCK_LEN 8		/* hh:mm:ss */
#define FRACTION_MAX 9		/* digits */
#define DAY_MINUTES (24 * 60)
#define OFFSET_MAX (15 * 60 + 59)	/* minutes; PostgreSQL's */

static const char not_date[] = "not a date";
static const char not_time[] = "not a date-time";

/* Reads a number of n digits; returns -1 if one of them is not a digit. */
static int
number_at(const char *s, size_t n)
{
	int number = 0;

	for (; n > 0; n--, s++) {
		if (*s < '0' || *s > '9')
			return -1;
		number = number * 10 + (*s - '0');
	}
	return number;
}

static int
month_days(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

const char *
timestamp_date_wrong(const char *s, size_t len)
{
	int year, month, day;

	if (len != DATE_LEN || s[4] != '-' || s[7] != '-')
		return not_date;
	year = number_at(s, 4);
	month = number_at(s + 5, 2);
	day = number_at(s + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 ||
	    day > month_days(year, month))
		return not_date;
	return NULL;
}

/* Reads "+hh:mm", "-hh:mm" or "Z"; returns the problem with it, or NULL. */
static const char *
offset_wrong(const char *s, size_t len, int *minutes)
{
	int hour, minute;

	*minutes = 0;
	if (len == 0)
		return "has no offset";
	if (*s == 'Z' || *s == 'z')
		return len == 1 ? NULL : not_time;
	if ((*s != '+' && *s != '-') || len != 6 || s[3] != ':')
		return not_time;
	hour = number_at(s + 1, 2);
	minute = number_at(s + 4, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return not_time;
	*minutes = hour * 60 + minute;
	if (*minutes > OFFSET_MAX)
		return "has an offset beyond 15:59";
	if (*s == '-')
		*minutes = -*minutes;
	return NULL;
}

/* Returns the length of ".ddd", 0 if there is none, -1 if it is invalid. */
static int
fraction_length(const char *s, size_t len)
{
	int n = 0;

	if (len == 0 || *s != '.')
		return 0;
	while ((size_t)n + 1 < len && s[n + 1] >= '0' && s[n + 1] <= '9' &&
	    n <= FRACTION_MAX)
		n++;
	return n >= 1 && n <= FRACTION_MAX ? n + 1 : -1;
}

/* A leap second is the last second of a day in UTC; minute is the minute of the
 * day in UTC. */
static const char *
leap_wrong(int minute, const char *fraction, int n)
{
	if ((minute + 2 * DAY_MINUTES) % DAY_MINUTES != DAY_MINUTES - 1)
		return not_time;
	for (; n > 0; n--, fraction++)
		if (*fraction != '.' && *fraction != '0')
			return "has a fraction of a leap second";
	return NULL;
}

const char *
timestamp_time_wrong(const char *s, size_t len)
{
	int hour, minute, second, offset, n;
	const char *wrong;

	if (len < DATE_LEN + 1 + CLOCK_LEN ||
	    timestamp_date_wrong(s, DATE_LEN) != NULL ||
	    (s[DATE_LEN] != 'T' && s[DATE_LEN] != 't'))
		return not_time;
	s += DATE_LEN + 1;
	len -= DATE_LEN + 1;
	hour = number_at(s, 2);
	minute = number_at(s + 3, 2);
	second = number_at(s + 6, 2);
	n = fraction_length(s + CLOCK_LEN, len - CLOCK_LEN);
	if (s[2] != ':' || s[5] != ':' || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 60 || n < 0)
		return not_time;
	wrong = offset_wrong(s + CLOCK_LEN + n, len - CLOCK_LEN - (size_t)n,
	    &offset);
	if (wrong != NULL || second < 60)
		return wrong;
	return leap_wrong(hour * 60 + minute - offset, s + CLOCK_LEN, n);
}

bool
timestamp_seconds(const char *s, size_t len, int64_t *out)
{
	struct tm tm = { .tm_hour = 0 };
	size_t end = DATE_LEN + 1 + CLOCK_LEN;
	int offset;

	if (timestamp_time_wrong(s, len) != NULL)
		return false;
	tm.tm_year = number_at(s, 4) - 1900;
	tm.tm_mon = number_at(s + 5, 2) - 1;
	tm.tm_mday = number_at(s + 8, 2);
	tm.tm_hour = number_at(s + 11, 2);
	tm.tm_min = number_at(s + 14, 2);
	tm.tm_sec = number_at(s + 17, 2);
	end += (size_t)fraction_length(s + end, len - end);
	offset_wrong(s + end, len - end, &offset);
	*out = timegm(&tm) - offset * INT64_C(60);
	return true;
}

bool
timestamp_is_offset(const char *s, size_t len)
{
	int minutes;

	return len > 1 && offset_wrong(s, len, &minutes) == NULL;
}

/* A text of ISO 8601 that is rewritten from p on. */
struct iso {
	const char *p;
	const char *end;
	bool extended;		/* with separators */
	struct buf *out;
};

static char
iso_next(const struct iso *iso)
{
	return iso->p < iso->end ? *iso->p : '\0';
}

static bool
iso_digits(struct iso *iso, size_t n)
{
	if ((size_t)(iso->end - iso->p) < n || number_at(iso->p, n) < 0)
		return false;
	buf_add(iso->out, iso->p, n);
	iso->p += n;
	return true;
}

/* Copies a separator and two digits; the basic format has no separator. */
static bool
iso_part(struct iso *iso, char separator)
{
	if (iso->extended && iso_next(iso) != separator)
		return false;
	iso->p += iso->extended;
	buf_addch(iso->out, separator);
	return iso_digits(iso, 2);
}

static bool
iso_date(struct iso *iso)
{
	if (!iso_digits(iso, 4))
		return false;
	iso->extended = iso_next(iso) == '-';
	return iso_part(iso, '-') && iso_part(iso, '-');
}

static bool
iso_fraction(struct iso *iso)
{
	if (iso_next(iso) != '.' && iso_next(iso) != ',')
		return true;
	iso->p++;
	buf_addch(iso->out, '.');
	if (!iso_digits(iso, 1))
		return false;
	while (iso_digits(iso, 1))
		continue;
	return true;
}

static bool
iso_clock(struct iso *iso)
{
	char next;

	if (!iso_digits(iso, 2) || !iso_part(iso, ':'))
		return false;
	next = iso_next(iso);
	if (iso->extended ? next == ':' : next >= '0' && next <= '9')
		return iso_part(iso, ':') && iso_fraction(iso);
	buf_addstr(iso->out, ":00");
	return true;
}

static bool
iso_offset(struct iso *iso)
{
	char sign = iso_next(iso);

	iso->p++;
	if (sign == 'Z' || sign == 'z') {
		buf_addch(iso->out, 'Z');
		return true;
	}
	buf_addch(iso->out, sign);
	if ((sign != '+' && sign != '-') || !iso_digits(iso, 2))
		return false;
	if (iso->p == iso->end) {
		buf_addstr(iso->out, ":00");
		return true;
	}
	iso->extended = *iso->p == ':';
	return iso_part(iso, ':');
}

bool
timestamp_date_put(const char *s, size_t len, struct buf *out)
{
	struct iso iso = { .p = s, .end = s + len, .out = out };

	return iso_date(&iso) && iso.p == iso.end;
}

bool
timestamp_time_put(const char *s, size_t len, const char *offset,
    struct buf *out, bool *local)
{
	struct iso iso = { .p = s, .end = s + len, .out = out };
	char between;

	if (!iso_date(&iso))
		return false;
	between = iso_next(&iso);
	if (between != 'T' && between != 't' &&
	    (between != ' ' || !iso.extended))
		return false;
	iso.p++;
	buf_addch(out, 'T');
	if (!iso_clock(&iso))
		return false;
	*local = iso.p == iso.end;
	if (*local)
		buf_addstr(out, offset);
	else if (!iso_offset(&iso))
		return false;
	return iso.p == iso.end;
}
