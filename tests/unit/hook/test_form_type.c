/* SPDX-License-Identifier: ISC */
/* Tests how lenient forms read values: each spelling by a table, and that they
 * agree with strict forms by generated ones. */
#include <stdlib.h>
#include <string.h>

#include "../draw.h"
#include "../unit.h"
#include "base/jsn_walk.h"
#include "base/mem.h"
#include "hook/form_check.h"
#include "hook/form_type.h"

#define NUMBER "text as number"
#define BOOLEAN "text as boolean"
#define DATE "ISO 8601 as date"
#define TIME "ISO 8601 as date-time"
#define LOCAL "ISO 8601 without offset as UTC"

/* Values that a strict form rejects, each sent to a form of one field. */
static const struct {
	const char *type;	/* and limits */
	const char *value;
	const char *read;	/* in the record; NULL: rejected */
	const char *remark;
} values[] = {
	/* Numbers keep their digits. */
	{ "\"number\"", "\"21.50\"", "21.50", NUMBER },
	{ "\"number\"", "\"-0\"", "-0", NUMBER },
	{ "\"number\"", "\"9007199254740993\"", "9007199254740993", NUMBER },
	{ "\"number\"", "\"0.1000000000000000055511151231257827\"",
	    "0.1000000000000000055511151231257827", NUMBER },
	{ "\"number\"", "\"1.5E+3\"", "1.5E+3", NUMBER },
	{ "\"number\"", "\" 21.5\\r\\n\\t\"", "21.5", NUMBER },
	{ "\"number\"", "\"\\u0032\\u0031\"", "21", NUMBER },
	{ "\"number\",\"maximum\":21", "\"21.5\"", NULL,
	    "more than the maximum" },
	{ "\"number\",\"minimum\":22", "\"21.5\"", NULL,
	    "less than the minimum" },
	{ "\"number\",\"integer\":true", "\"21.0\"", "21.0", NUMBER },
	{ "\"number\",\"integer\":true", "\"21.5\"", NULL, "not an integer" },
	{ "\"number\"", "\"1e1001\"", NULL, "out of range" },
	{ "\"number\"", "\"21,5\"", NULL, "not a number" },
	{ "\"number\"", "\"1,000\"", NULL, "not a number" },
	{ "\"number\"", "\"1 000\"", NULL, "not a number" },
	{ "\"number\"", "\"1_000\"", NULL, "not a number" },
	{ "\"number\"", "\"21.5 C\"", NULL, "not a number" },
	{ "\"number\"", "\"+21\"", NULL, "not a number" },
	{ "\"number\"", "\"021\"", NULL, "not a number" },
	{ "\"number\"", "\".5\"", NULL, "not a number" },
	{ "\"number\"", "\"5.\"", NULL, "not a number" },
	{ "\"number\"", "\"0x15\"", NULL, "not a number" },
	{ "\"number\"", "\"NaN\"", NULL, "not a number" },
	{ "\"number\"", "\"Infinity\"", NULL, "not a number" },
	{ "\"number\"", "\"-inf\"", NULL, "not a number" },
	{ "\"number\"", "\"\xd9\xa1\"", NULL, "not a number" },
	{ "\"number\"", "\"\xc2\xa0" "1\"", NULL, "not a number" },
	{ "\"number\"", "\"1\\u0000\"", NULL, "not a number" },
	{ "\"number\"", "\"\\\"1\\\"\"", NULL, "not a number" },
	{ "\"number\"", "\"true\"", NULL, "not a number" },
	{ "\"number\"", "\"\"", NULL, "not a number" },
	{ "\"number\"", "\" \"", NULL, "not a number" },
	{ "\"number\"", "true", NULL, "not a number" },
	{ "\"number\"", "[\"1\"]", NULL, "not a number" },
	/* Booleans */
	{ "\"boolean\"", "\"true\"", "true", BOOLEAN },
	{ "\"boolean\"", "\"false\"", "false", BOOLEAN },
	{ "\"boolean\"", "\"TRUE\"", "true", BOOLEAN },
	{ "\"boolean\"", "\" False \"", "false", BOOLEAN },
	{ "\"boolean\"", "\"tru\"", NULL, "not true or false" },
	{ "\"boolean\"", "\"yes\"", NULL, "not true or false" },
	{ "\"boolean\"", "\"on\"", NULL, "not true or false" },
	{ "\"boolean\"", "\"1\"", NULL, "not true or false" },
	{ "\"boolean\"", "1", NULL, "not true or false" },
	{ "\"boolean\"", "0", NULL, "not true or false" },
	{ "\"boolean\"", "\"\"", NULL, "not true or false" },
	/* Dates */
	{ "\"date\"", "\"20240229\"", "\"2024-02-29\"", DATE },
	{ "\"date\"", "\" 2024-02-29 \"", "\"2024-02-29\"", DATE },
	{ "\"date\"", "\"20230229\"", NULL, "not a date" },
	{ "\"date\"", "\"29022024\"", NULL, "not a date" },
	{ "\"date\"", "20240229", NULL, "not a date" },
	{ "\"date\"", "\"2024-0229\"", NULL, "not a date" },
	{ "\"date\"", "\"202402-29\"", NULL, "not a date" },
	{ "\"date\"", "\"29.02.2024\"", NULL, "not a date" },
	{ "\"date\"", "\"2/29/2024\"", NULL, "not a date" },
	{ "\"date\"", "\"240229\"", NULL, "not a date" },
	{ "\"date\"", "\"2024-060\"", NULL, "not a date" },
	{ "\"date\"", "\"2024-02-29T00:00:00Z\"", NULL, "not a date" },
	{ "\"date\"", "\"\"", NULL, "not a date" },
	/* Timestamps */
	{ "\"date-time\"", "\"2025-07-22T10:35:00\"",
	    "\"2025-07-22T10:35:00Z\"", LOCAL },
	{ "\"date-time\"", "\"2025-07-22T10:35:00+0000\"",
	    "\"2025-07-22T10:35:00+00:00\"", TIME },
	{ "\"date-time\"", "\"2025-07-22T10:35Z\"",
	    "\"2025-07-22T10:35:00Z\"", TIME },
	{ "\"date-time\"", "\"2025-07-22T10:35\"",
	    "\"2025-07-22T10:35:00Z\"", LOCAL },
	{ "\"date-time\"", "\"2025-07-22 10:35:00\"",
	    "\"2025-07-22T10:35:00Z\"", LOCAL },
	{ "\"date-time\"", "\"2025-07-22 10:35:00.123456+05:30\"",
	    "\"2025-07-22T10:35:00.123456+05:30\"", TIME },
	{ "\"date-time\"", "\"2025-07-22 10:35:00+00\"",
	    "\"2025-07-22T10:35:00+00:00\"", TIME },
	{ "\"date-time\"", "\"2025-07-22T10:35:00,5-0330\"",
	    "\"2025-07-22T10:35:00.5-03:30\"", TIME },
	{ "\"date-time\"", "\"20250722T103500Z\"",
	    "\"2025-07-22T10:35:00Z\"", TIME },
	{ "\"date-time\"", "\"20250722T1035\"",
	    "\"2025-07-22T10:35:00Z\"", LOCAL },
	{ "\"date-time\"", "\"20250722T103500.5+05:30\"",
	    "\"2025-07-22T10:35:00.5+05:30\"", TIME },
	{ "\"date-time\"", "\" 2025-07-22t10:35z\\n\"",
	    "\"2025-07-22T10:35:00Z\"", TIME },
	{ "\"date-time\"", "\"2016-12-31T23:59:60\"",
	    "\"2016-12-31T23:59:60Z\"", LOCAL },
	{ "\"date-time\"", "\"2025-07-22T10:35:00+1600\"", NULL,
	    "has an offset beyond 15:59" },
	{ "\"date-time\"", "\"2025-02-30T10:35\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T24:00\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T10:35:60\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T10:35:00.1234567890\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T10:35.5\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T10\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"20250722 103500\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T103500Z\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"20250722T10:35:00Z\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22  10:35:00\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22 10:35:00 UTC\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22 10:35:00 +0000\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T10:35:00+053\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"7/22/2025 10:35\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"Tue, 22 Jul 2025 10:35:00 +0000\"", NULL,
	    "not a date-time" },
	{ "\"date-time\"", "\"2025-07-22T10:35:00\\u0000\"", NULL,
	    "has U+0000" },
	{ "\"date-time\"", "1753180500", NULL, "not a date-time" },
	{ "\"date-time\"", "\"1753180500\"", NULL, "not a date-time" },
	{ "\"date-time\"", "\"\"", NULL, "not a date-time" },
	/* Types with one spelling */
	{ "\"text\"", "1", NULL, "not a text" },
	{ "\"text\"", "true", NULL, "not a text" },
	{ "\"email\"", "\" a@b\"", NULL, "not an e-mail address" },
	{ "\"choice\",\"choices\":[\"1\"]", "1", NULL,
	    "not one of the choices" },
	{ "\"choice\",\"choices\":[\"a\"]", "\"A\"", NULL,
	    "not one of the choices" },
	{ "\"list\"", "\"[1]\"", NULL, "not a list" },
	{ "\"list\"", "1", NULL, "not a list" },
	{ "\"object\"", "\"{}\"", NULL, "not an object" }
};

/* A form of one field named f. */
static struct form_fields *
form_of(const char *type, const char *settings, struct arena *arena)
{
	struct form_fields *fields;
	struct err err;

	if (form_fields_stored("f", arena_printf(arena, "{\"fields\":[{"
	    "\"name\":\"f\",\"type\":%s}]%s}", type, settings), arena, &fields,
	    &err) < 0)
		fail_msg("%s: %s", type, err.text);
	return fields;
}

/* Checks a body without a NUL at its end, so that a sanitizer reports reads
 * beyond it, and nothing that the result borrows from it. */
static void
check(const struct form_fields *fields, const char *value,
    struct arena *arena, struct form_outcome *out)
{
	const char *body = arena_printf(arena, "{\"f\":%s}", value);
	struct jsn_scan seen;
	size_t len = strlen(body);
	char *p = mem_alloc(len);
	struct err err;

	memcpy(p, body, len);
	if (jsn_scan(p, len, JSN_DEPTH_MAX, &seen, &err) < 0)
		fail_msg("%s: %s", body, err.text);
	form_check(fields, p, len, arena, out);
	free(p);
}

static void
test_values(void **state)
{
	struct arena arena = ARENA_INIT;
	const char *record, *remark;
	struct form_outcome out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(values); i++) {
		check(form_of(values[i].type, "", &arena), values[i].value,
		    &arena, &out);
		if (out.ok)
			fail_msg("values[%zu]: strict", i);
		check(form_of(values[i].type, ",\"lenient\":true", &arena),
		    values[i].value, &arena, &out);
		record = arena_printf(&arena, "{\"f\":%s}", values[i].read);
		remark = arena_printf(&arena, "%sf: %s",
		    values[i].read == NULL ? "" : "read: ", values[i].remark);
		if (strcmp(out.remarks, remark) != 0 ||
		    out.ok != (values[i].read != NULL) ||
		    (out.ok && strcmp(out.record, record) != 0))
			fail_msg("values[%zu] %s: %s %s", i, values[i].value,
			    out.record, out.remarks);
		arena_release(&arena);
	}
}

static void
test_time_zone(void **state)
{
	static const struct {
		const char *settings;
		const char *offset;
		const char *name;
	} zones[] = {
		{ "", "Z", "UTC" },
		{ ",\"timeZone\":\"UTC\"", "Z", "UTC" },
		{ ",\"timeZone\":\"+05:30\"", "+05:30", "+05:30" },
		{ ",\"timeZone\":\"-15:59\"", "-15:59", "-15:59" }
	};
	struct arena arena = ARENA_INIT;
	struct form_outcome out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(zones); i++) {
		check(form_of("\"date-time\"", arena_printf(&arena,
		    ",\"lenient\":true%s", zones[i].settings), &arena),
		    "\"2025-07-22 10:35\"", &arena, &out);
		assert_true(out.ok);
		assert_string_equal(out.record, arena_printf(&arena,
		    "{\"f\":\"2025-07-22T10:35:00%s\"}", zones[i].offset));
		assert_string_equal(out.remarks, arena_printf(&arena,
		    "read: f: ISO 8601 without offset as %s", zones[i].name));
		arena_release(&arena);
	}
	assert_true(form_is_time_zone("UTC"));
	assert_true(form_is_time_zone("+00:00"));
	assert_false(form_is_time_zone(""));
	assert_false(form_is_time_zone("Z"));
	assert_false(form_is_time_zone("+0530"));
	assert_false(form_is_time_zone("+16:00"));
	assert_false(form_is_time_zone("Asia/Kolkata"));
	assert_false(form_is_time_zone("+05:30 "));
}

/* How a field was read is a remark beside the others; a call that fails has no
 * record, so it has none of these. */
static void
test_remarks(void **state)
{
	static const char settings[] = "{\"lenient\":true,\"fields\":["
	    "{\"name\":\"n\",\"type\":\"number\"},"
	    "{\"name\":\"b\",\"type\":\"boolean\"},"
	    "{\"name\":\"t\",\"type\":\"text\",\"required\":true}]}";
	static const char good[] =
	    "{\"n\":\"x\",\"b\":\"TRUE\",\"t\":\"a\",\"u\":1,\"n\":\"1\"}";
	static const char bad[] = "{\"n\":\"1\",\"b\":\"TRUE\",\"u\":1}";
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct form_outcome out;
	struct err err;

	(void)state;
	assert_int_equal(form_fields_stored("f", settings, &arena, &fields,
	    &err), 0);
	form_check(fields, good, sizeof(good) - 1, &arena, &out);
	assert_true(out.ok);
	assert_string_equal(out.remarks, "read: n: text as number, "
	    "b: text as boolean; unknown: u; repeated, the last counts: n");
	assert_string_equal(out.record, "{\"n\":1,\"b\":true,\"t\":\"a\"}");
	form_check(fields, bad, sizeof(bad) - 1, &arena, &out);
	assert_false(out.ok);
	assert_string_equal(out.remarks, "t: required; unknown: u");
	arena_release(&arena);
}

/* The longest remarks of a call that succeeds are within the limit. */
static void
test_many(void **state)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct form_outcome out;
	struct buf form, body;
	struct err err;
	size_t i;

	(void)state;
	buf_init(&form);
	buf_init(&body);
	buf_addstr(&form, "{\"lenient\":true,\"timeZone\":\"+05:30\","
	    "\"fields\":[");
	for (i = 0; i < FORM_FIELDS_MAX; i++) {
		buf_printf(&form, "%s{\"name\":\"%0200zu\",\"type\":"
		    "\"date-time\"}", i == 0 ? "" : ",", i);
		buf_printf(&body, "%s\"%0200zu\":0,\"%0200zu\":"
		    "\"2025-07-22T10:35\",\"%0199zu\":0", i == 0 ? "{" : ",",
		    i, i, i);
	}
	buf_addstr(&form, "]}");
	buf_addch(&body, '}');
	assert_int_equal(form_fields_stored("f", form.data, &arena, &fields,
	    &err), 0);
	form_check(fields, body.data, body.len, &arena, &out);
	assert_true(out.ok);
	assert_in_range(strlen(out.remarks), 1000, FORM_REMARKS_MAX);
	assert_memory_equal(out.remarks, "read: 000", 9);
	assert_non_null(strstr(out.remarks, ": ISO 8601 without offset as "
	    "+05:30 and 196 more; unknown: 000"));
	buf_release(&form);
	buf_release(&body);
	arena_release(&arena);
}

/* -- generated values */

/* A value and the spelling of it that a strict form expects, both as JSON. */
struct spelling {
	struct buf sent;
	struct buf canonical;
};

static const char *
draw_word(uint64_t *seed, const char *const *words, size_t n)
{
	return words[draw(seed, n)];
}

#define DRAW_WORD(seed, ...) draw_word(seed, (const char *const[]) \
	{ __VA_ARGS__ }, LENGTH(((const char *const[]){ __VA_ARGS__ })))

static void
spell_number(struct spelling *s, uint64_t *seed)
{
	draw_number(&s->canonical, seed);
	buf_addstr(&s->sent, s->canonical.data);
}

static void
spell_boolean(struct spelling *s, uint64_t *seed)
{
	const char *p = DRAW_WORD(seed, "true", "false");

	buf_addstr(&s->canonical, p);
	for (; *p != '\0'; p++)
		buf_addch(&s->sent, draw(seed, 2) ? *p : (char)(*p - 32));
}

/* Some of the days do not exist.  Returns the separator that was drawn. */
static const char *
spell_day(struct spelling *s, uint64_t *seed)
{
	int year = (int)draw(seed, 9999), month = (int)draw(seed, 13);
	int day = (int)draw(seed, 32);
	const char *between = DRAW_WORD(seed, "-", "");

	buf_printf(&s->canonical, "%04d-%02d-%02d", year, month, day);
	buf_printf(&s->sent, "%04d%s%02d%s%02d", year, between, month,
	    between, day);
	return between;
}

static void
spell_date(struct spelling *s, uint64_t *seed)
{
	buf_addch(&s->canonical, '"');
	spell_day(s, seed);
	buf_addch(&s->canonical, '"');
}

static void
spell_clock(struct spelling *s, const char *colon, uint64_t *seed)
{
	int hour = (int)draw(seed, 25), minute = (int)draw(seed, 61);
	int second = draw(seed, 3) == 0 ? 0 : (int)draw(seed, 61);
	uint64_t i, n = draw(seed, 3) == 0 ? 1 + draw(seed, 10) : 0;
	char digit;

	buf_printf(&s->canonical, "%02d:%02d:%02d", hour, minute, second);
	buf_printf(&s->sent, "%02d%s%02d", hour, colon, minute);
	if (second == 0 && n == 0 && draw(seed, 2) == 0)
		return;
	buf_printf(&s->sent, "%s%02d", colon, second);
	if (n > 0) {
		buf_addch(&s->canonical, '.');
		buf_addstr(&s->sent, DRAW_WORD(seed, ".", ","));
	}
	for (i = 0; i < n; i++) {
		digit = (char)('0' + draw(seed, 10));
		buf_addch(&s->canonical, digit);
		buf_addch(&s->sent, digit);
	}
}

static void
spell_offset(struct spelling *s, uint64_t *seed)
{
	const char *sign = DRAW_WORD(seed, "+", "-", "Z", "");
	int hour = (int)draw(seed, 18), minute = (int)draw(seed, 61);

	if (*sign == '\0') {
		buf_addstr(&s->canonical, "-03:30");
		return;
	}
	buf_addstr(&s->canonical, sign);
	buf_addstr(&s->sent, *sign == 'Z' && draw(seed, 2) ? "z" : sign);
	if (*sign == 'Z')
		return;
	if (draw(seed, 2) == 0)
		minute = 0;
	buf_printf(&s->canonical, "%02d:%02d", hour, minute);
	buf_printf(&s->sent, "%02d", hour);
	if (minute > 0 || draw(seed, 2) == 0)
		buf_printf(&s->sent, "%s%02d", DRAW_WORD(seed, ":", ""),
		    minute);
}

static void
spell_date_time(struct spelling *s, uint64_t *seed)
{
	const char *hyphen;

	buf_addch(&s->canonical, '"');
	hyphen = spell_day(s, seed);
	buf_addch(&s->canonical, 'T');
	buf_addstr(&s->sent, *hyphen == '\0' ? "T" :
	    DRAW_WORD(seed, "T", "t", " "));
	spell_clock(s, *hyphen == '\0' ? "" : ":", seed);
	spell_offset(s, seed);
	buf_addch(&s->canonical, '"');
}

static const struct {
	const char *type;
	void (*spell)(struct spelling *, uint64_t *seed);
} spelled[] = {
	{ "\"number\"", spell_number },
	{ "\"number\",\"integer\":true", spell_number },
	{ "\"number\",\"minimum\":-2.5,\"maximum\":100e2", spell_number },
	{ "\"boolean\"", spell_boolean },
	{ "\"date\"", spell_date },
	{ "\"date-time\"", spell_date_time },
	{ "\"date-time\"", spell_date_time }
};

/* Puts the value between quotes and blanks. */
static void
spell(struct spelling *s, size_t i, uint64_t *seed)
{
	s->sent.len = s->canonical.len = 0;
	buf_addstr(&s->sent, DRAW_WORD(seed, "\"", "\"", "\" ", "\"\\t"));
	spelled[i].spell(s, seed);
	buf_addstr(&s->sent, DRAW_WORD(seed, "\"", "\"", " \"", "\\r\\n\""));
}

/* Replaces, removes or inserts a character of a string. */
static const char *
mutate(const struct buf *b, struct arena *arena, uint64_t *seed)
{
	static const char some[] = "0123456789-+:.,TtZzeE truefals/";
	size_t at = 1 + (size_t)draw(seed, b->len - 1);
	size_t gone = at + 1 < b->len && b->data[at] != '\\' &&
	    b->data[at - 1] != '\\' ? draw(seed, 2) : 0;

	if (b->data[at - 1] == '\\')
		at++;
	return arena_printf(arena, "%.*s%.*s%s", (int)at, b->data,
	    (int)draw(seed, 2), some + draw(seed, sizeof(some) - 1),
	    b->data + at + gone);
}

/* Whatever a strict form accepts, a lenient one accepts with the same record;
 * what a lenient one alone accepts is a record that a strict one accepts
 * unchanged.  Returns whether this was such a value. */
static bool
agree(const struct form_fields *strict, const struct form_fields *lenient,
    const char *value, struct arena *arena)
{
	struct form_outcome one, two, again;
	struct jsn_slice read;

	check(strict, value, arena, &one);
	check(lenient, value, arena, &two);
	if (one.ok) {
		assert_true(two.ok);
		assert_string_equal(one.record, two.record);
		assert_string_equal(one.remarks, two.remarks);
	}
	if (one.ok || !two.ok)
		return false;
	assert_memory_equal(two.remarks, "read: f: ", 9);
	jsn_find(two.record, two.record_len, "f", &read);
	check(strict, arena_copy(arena, read.text, read.len), arena, &again);
	assert_true(again.ok);
	assert_string_equal(again.record, two.record);
	assert_string_equal(again.remarks, "");
	return true;
}

static void
test_generated(void **state)
{
	static const char settings[] =
	    ",\"lenient\":true,\"timeZone\":\"-03:30\"";
	struct arena arena = ARENA_INIT;
	struct form_fields *strict, *lenient;
	struct form_outcome one, two;
	uint64_t seed = draw_seed(), i, cases = draw_cases(), alone = 0;
	struct spelling s;
	size_t row;

	(void)state;
	print_message("TEST_SEED=%llu\n", (unsigned long long)seed);
	buf_init(&s.sent);
	buf_init(&s.canonical);
	for (i = 0; i < cases; i++) {
		row = draw(&seed, LENGTH(spelled));
		strict = form_of(spelled[row].type, "", &arena);
		lenient = form_of(spelled[row].type, settings, &arena);
		spell(&s, row, &seed);
		alone += agree(strict, lenient, s.sent.data, &arena);
		agree(strict, lenient, s.canonical.data, &arena);
		agree(strict, lenient, mutate(&s.sent, &arena, &seed), &arena);
		check(strict, s.sent.data, &arena, &two);
		if (!two.ok) {
			check(strict, s.canonical.data, &arena, &one);
			check(lenient, s.sent.data, &arena, &two);
			if (one.ok != two.ok || strcmp(one.ok ? one.record :
			    one.remarks, one.ok ? two.record :
			    two.remarks) != 0)
				fail_msg("%s %s: %s", s.canonical.data,
				    s.sent.data, two.remarks);
		}
		arena_release(&arena);
	}
	assert_in_range(alone, cases / 3, cases);
	buf_release(&s.sent);
	buf_release(&s.canonical);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_time_zone),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_generated)
	};

	return cmocka_run_group_tests_name("form_type", tests, NULL, NULL);
}
