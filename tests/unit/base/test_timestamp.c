/* SPDX-License-Identifier: ISC */
/* Tests timestamps: the dates and date-times that are accepted, and Unix
 * times. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/mem.h"
#include "base/timestamp.h"

static const char no_date[] = "not a date";
static const char no_timestamp[] = "not a date-time";
static const char no_offset[] = "has no offset";
static const char far_offset[] = "has an offset beyond 15:59";
static const char leap_fraction[] = "has a fraction of a leap second";

struct timestamp_case {
	const char *text;
	const char *wrong;
};

static const struct timestamp_case dates[] = {
	{ "2025-07-22", NULL }, { "0001-01-01", NULL },
	{ "9999-12-31", NULL }, { "2024-02-29", NULL },
	{ "2000-02-29", NULL }, { "0004-02-29", NULL },
	{ "2023-02-29", no_date }, { "1900-02-29", no_date },
	{ "2024-02-30", no_date }, { "2025-04-31", no_date },
	{ "2025-01-31", NULL }, { "2025-01-32", no_date },
	{ "2025-00-10", no_date }, { "2025-13-01", no_date },
	{ "2025-10-00", no_date }, { "0000-01-01", no_date },
	{ "2025-7-22", no_date }, { "25-07-22", no_date },
	{ "2025-07-22 ", no_date }, { " 2025-07-22", no_date },
	{ "2025-07-22Z", no_date }, { "2025/07/22", no_date },
	{ "20250722", no_date }, { "-025-07-22", no_date },
	{ "2025-+7-22", no_date }, { "10000-01-01", no_date },
	{ "", no_date }, { "2025-07-2", no_date },
	{ "2025-07-22T10:35:00Z", no_date }, { "today", no_date }
};

static const struct timestamp_case timestamps[] = {
	{ "2025-07-22T10:35:00Z", NULL }, { "2025-07-22t10:35:00z", NULL },
	{ "2025-07-22T10:35:00.1Z", NULL },
	{ "2025-07-22T10:35:00.123456789+05:30", NULL },
	{ "0001-01-01T00:00:00+15:59", NULL },
	{ "9999-12-31T23:59:59.999999999-15:59", NULL },
	{ "2025-07-22T10:35:00-00:00", NULL },
	{ "2025-07-22T10:35:00.1234567890Z", no_timestamp },
	{ "2025-07-22T10:35:00.Z", no_timestamp },
	{ "2025-07-22T10:35:00,5Z", no_timestamp },
	{ "2025-07-22T10:35:00.", no_timestamp },
	{ "2025-07-22T10:35:00", no_offset },
	{ "2025-07-22T10:35:00.5", no_offset },
	{ "2025-07-22T10:35:00+16:00", far_offset },
	{ "2025-07-22T10:35:00-23:59", far_offset },
	{ "2025-07-22T10:35:00+24:00", no_timestamp },
	{ "2025-07-22T10:35:00+05:60", no_timestamp },
	{ "2025-07-22T10:35:00+0530", no_timestamp },
	{ "2025-07-22T10:35:00+05", no_timestamp },
	{ "2025-07-22T10:35:00+05:3", no_timestamp },
	{ "2025-07-22T10:35:00 +05:30", no_timestamp },
	{ "2025-07-22T10:35:00Z ", no_timestamp },
	{ "2025-07-22T10:35:00ZZ", no_timestamp },
	{ "2025-07-22T10:35:00UTC", no_timestamp },
	{ "2025-07-22 10:35:00Z", no_timestamp },
	{ "2025-07-22T10:35Z", no_timestamp },
	{ "2025-07-22T1:35:00Z", no_timestamp },
	{ "2025-07-22T24:00:00Z", no_timestamp },
	{ "2025-07-22T23:60:00Z", no_timestamp },
	{ "2025-07-22T10-35-00Z", no_timestamp },
	{ "2025-02-30T10:35:00Z", no_timestamp },
	{ "0000-07-22T10:35:00Z", no_timestamp },
	{ "2025-07-22T10:35:-1Z", no_timestamp },
	{ "2025-07-22", no_timestamp }, { "", no_timestamp },
	{ "1753180500", no_timestamp },
	/* Leap seconds */
	{ "2016-12-31T23:59:60Z", NULL }, { "2016-12-31T23:59:60.000Z", NULL },
	{ "2016-12-31T23:59:60.5Z", leap_fraction },
	{ "2017-01-01T05:29:60.000000001+05:30", leap_fraction },
	{ "2017-01-01T05:29:60+05:30", NULL },
	{ "2016-12-31T08:00:60-15:59", NULL },
	{ "2017-01-01T15:58:60+15:59", NULL },
	{ "2016-12-31T23:58:60Z", no_timestamp },
	{ "2016-12-31T23:59:60+00:01", no_timestamp },
	{ "2016-12-31T00:00:60Z", no_timestamp },
	{ "2016-12-31T23:59:61Z", no_timestamp }
};

static void
check(const char *name, const char *(*wrong)(const char *, size_t),
    const struct timestamp_case *cases, size_t n)
{
	const char *said;
	size_t i, len;
	char *p;

	for (i = 0; i < n; i++) {
		/* Without a NUL at its end, so that a sanitizer reports reads
		 * beyond it. */
		len = strlen(cases[i].text);
		p = mem_alloc(len);
		memcpy(p, cases[i].text, len);
		said = wrong(p, len);
		free(p);
		if (cases[i].wrong == NULL ? said != NULL : said == NULL ||
		    strcmp(said, cases[i].wrong) != 0)
			fail_msg("%s %s: %s", name, cases[i].text, said);
	}
}

static void
test_dates(void **state)
{
	(void)state;
	check("date", timestamp_date_wrong, dates, LENGTH(dates));
}

static void
test_timestamps(void **state)
{
	(void)state;
	check("timestamp", timestamp_time_wrong, timestamps,
	    LENGTH(timestamps));
}

static void
test_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.9Z", -1 },
		{ "2033-05-18T03:33:20Z", 2000000000 },
		{ "2033-05-18t03:33:20.999z", 2000000000 },
		{ "2033-05-18T05:33:20+02:00", 2000000000 },
		{ "2033-05-17T22:03:20.5-05:30", 2000000000 },
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "0001-01-01T00:00:00Z", -62135596800 },
		{ "2024-02-29T12:00:00Z", 1709208000 },
		{ "2033-05-18T03:33:20", 77 },
		{ "2033-02-29T03:33:20Z", 77 },
		{ "2000000000", 77 }, { "", 77 }
	};
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		t = 77;
		if (timestamp_seconds(cases[i].text, strlen(cases[i].text),
		    &t) != (cases[i].seconds != 77) || t != cases[i].seconds)
			fail_msg("%s: %lld", cases[i].text, (long long)t);
	}
}

/* Spellings of ISO 8601 and what is appended for them; NULL: rejected.  Whether
 * the date or time exists is not checked. */
static const struct {
	const char *text;
	const char *put;
	bool local;
} spellings[] = {
	{ "2025-07-22T10:35:00Z", "2025-07-22T10:35:00Z", false },
	{ "2025-07-22t10:35z", "2025-07-22T10:35:00Z", false },
	{ "2025-07-22 10:35", "2025-07-22T10:35:00-03:30", true },
	{ "2025-07-22T10:35:00,25+0530", "2025-07-22T10:35:00.25+05:30",
	    false },
	{ "20250722T103500.5-03", "2025-07-22T10:35:00.5-03:00", false },
	{ "20250722T1035+01:00", "2025-07-22T10:35:00+01:00", false },
	{ "2025-02-30T25:61", "2025-02-30T25:61:00-03:30", true },
	{ "", NULL, false }, { "2025", NULL, false },
	{ "2025-07-22", NULL, false }, { "2025-07-22T", NULL, false },
	{ "2025-07-22T10", NULL, false }, { "2025-07-22T10:", NULL, false },
	{ "2025-07-22T10:35:", NULL, false },
	{ "2025-07-22T10:35:0", NULL, false },
	{ "2025-07-22T10:35:00.", NULL, false },
	{ "2025-07-22T10:35.5", NULL, false },
	{ "2025-07-22T1035", NULL, false },
	{ "20250722T10:35", NULL, false }, { "20250722 1035", NULL, false },
	{ "202507-22T10:35", NULL, false },
	{ "2025-07-22T10:35+", NULL, false },
	{ "2025-07-22T10:35+1", NULL, false },
	{ "2025-07-22T10:35+01:", NULL, false },
	{ "2025-07-22T10:35+01:0", NULL, false },
	{ "2025-07-22T10:35+01000", NULL, false },
	{ "2025-07-22T10:35ZZ", NULL, false },
	{ "2025-07-22T10:35 Z", NULL, false }
};

static void
test_spellings(void **state)
{
	bool is_read, local;
	struct buf b;
	size_t i, len;
	char *p;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(spellings); i++) {
		len = strlen(spellings[i].text);
		p = mem_alloc(len);
		memcpy(p, spellings[i].text, len);
		b.len = 0;
		is_read = timestamp_time_put(p, len, "-03:30", &b, &local);
		free(p);
		if (is_read != (spellings[i].put != NULL) || (is_read &&
		    (strcmp(b.data, spellings[i].put) != 0 ||
		    local != spellings[i].local)))
			fail_msg("%s: %s", spellings[i].text, b.data);
	}
	b.len = 0;
	assert_true(timestamp_date_put("20250722", 8, &b));
	assert_true(timestamp_date_put("2025-07-22", 10, &b));
	assert_string_equal(b.data, "2025-07-222025-07-22");
	assert_false(timestamp_date_put("2025072", 7, &b));
	assert_false(timestamp_date_put("2025-0722", 9, &b));
	assert_false(timestamp_date_put("20250722T", 9, &b));
	assert_true(timestamp_is_offset("-15:59", 6));
	assert_false(timestamp_is_offset("+16:00", 6));
	assert_false(timestamp_is_offset("+0530", 5));
	assert_false(timestamp_is_offset("Z", 1));
	assert_false(timestamp_is_offset("", 0));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_seconds)
	};

	return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
