/* SPDX-License-Identifier: ISC */
/* Tests the check of records against a form, and the example of a form. */
#include <stdlib.h>
#include <string.h>

#include "../draw.h"
#include "../unit.h"
#include "base/jsn_walk.h"
#include "base/mem.h"
#include "hook/form_check.h"
#include "hook/form_type.h"

#define HALF "has an unpaired surrogate"
#define E64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Forms of one field named f: its type and limits, and a value for it. */
static const struct {
	const char *field;
	const char *value;
	const char *wrong;	/* NULL: the record has the value unchanged */
} values[] = {
	{ "\"text\"", "\"a\"", NULL },
	{ "\"text\"", "\" \\u00e9\\ud83d\\uDe00\\n\\/\"", NULL },
	{ "\"text\"", "1", "not a text" },
	{ "\"text\"", "true", "not a text" },
	{ "\"text\"", "[\"a\"]", "not a text" },
	{ "\"text\"", "{}", "not a text" },
	{ "\"text\"", "\"a\\u0000\"", "has U+0000" },
	{ "\"text\"", "\"a\\\\u0000\"", NULL },
	{ "\"text\"", "\"\\ud800\"", HALF },
	{ "\"text\"", "\"\\ud83d \\ude00\"", HALF },
	{ "\"text\",\"minLength\":2", "\"a\"", "shorter than allowed" },
	{ "\"text\",\"minLength\":2", "\"\\u00e9\\u00e9\"", NULL },
	{ "\"text\",\"minLength\":2", "\"\\ud83d\\ude00\"",
	    "shorter than allowed" },
	{ "\"text\",\"maxLength\":2", "\"\xf0\x9f\x98\x80\\ud83d\\ude00\"",
	    NULL },
	{ "\"text\",\"maxLength\":2", "\"abc\"", "longer than allowed" },
	/* Numbers */
	{ "\"number\"", "0", NULL }, { "\"number\"", "-1.50e+07", NULL },
	{ "\"number\"", "9007199254740993", NULL },
	{ "\"number\"", "1e400", NULL }, { "\"number\"", "1e-400", NULL },
	{ "\"number\"", "1e1001", "out of range" },
	{ "\"number\"", "1e999999", "out of range" },
	{ "\"number\"", "-1e-999999", "out of range" },
	{ "\"number\"", "1e99999999999999999999", "out of range" },
	{ "\"number\"", "\"1\"", "not a number" },
	{ "\"number\"", "\"\"", "not a number" },
	{ "\"number\"", "true", "not a number" },
	{ "\"number\"", "[1]", "not a number" },
	{ "\"number\",\"minimum\":9007199254740993", "9007199254740992",
	    "less than the minimum" },
	{ "\"number\",\"minimum\":9007199254740993", "9007199254740993",
	    NULL },
	{ "\"number\",\"maximum\":0.1", "0.10000000000000000000001",
	    "more than the maximum" },
	{ "\"number\",\"maximum\":0.1", "0.100", NULL },
	{ "\"number\",\"maximum\":1e400", "10e399", NULL },
	{ "\"number\",\"maximum\":1e400", "11e399", "more than the maximum" },
	{ "\"number\",\"integer\":true", "1.0", NULL },
	{ "\"number\",\"integer\":true", "1e3", NULL },
	{ "\"number\",\"integer\":true", "1.5", "not an integer" },
	{ "\"number\",\"integer\":true", "9007199254740993.5",
	    "not an integer" },
	{ "\"number\",\"integer\":false", "1.5", NULL },
	/* Booleans */
	{ "\"boolean\"", "true", NULL }, { "\"boolean\"", "false", NULL },
	{ "\"boolean\"", "0", "not true or false" },
	{ "\"boolean\"", "1", "not true or false" },
	{ "\"boolean\"", "\"true\"", "not true or false" },
	{ "\"boolean\"", "\"\"", "not true or false" },
	/* Dates and timestamps; test_timestamp.c has more */
	{ "\"date\"", "\"2024-02-29\"", NULL },
	{ "\"date\"", "\"2024\\u002d02-29\"", NULL },
	{ "\"date\"", "\"2024-02-30\"", "not a date" },
	{ "\"date\"", "\"\"", "not a date" },
	{ "\"date\"", "20240229", "not a date" },
	{ "\"date\"", "\"2024-02-29\\u0000\"", "has U+0000" },
	{ "\"date-time\"", "\"2025-07-22T10:35:00Z\"", NULL },
	{ "\"date-time\"", "\"2025-07-22T10:35:00\"", "has no offset" },
	{ "\"date-time\"", "\"2025-07-22\"", "not a date-time" },
	{ "\"date-time\"", "\"\"", "not a date-time" },
	{ "\"date-time\"", "1753180500", "not a date-time" },
	/* E-mail addresses */
	{ "\"email\"", "\"name@example.com\"", NULL },
	{ "\"email\"", "\"root@localhost\"", NULL },
	{ "\"email\"", "\"!#$%&'*+/=?^_`{|}~-.@a\"", NULL },
	{ "\"email\"", "\"a@b-c.0.d\"", NULL },
	{ "\"email\"", "\"a\\u0040b\"", NULL },
	{ "\"email\"", "\"\"", "not an e-mail address" },
	{ "\"email\"", "\"@a\"", "not an e-mail address" },
	{ "\"email\"", "\"a@\"", "not an e-mail address" },
	{ "\"email\"", "\"a\"", "not an e-mail address" },
	{ "\"email\"", "\"a@b@c\"", "not an e-mail address" },
	{ "\"email\"", "\"a b@c\"", "not an e-mail address" },
	{ "\"email\"", "\"a@-b\"", "not an e-mail address" },
	{ "\"email\"", "\"a@b-\"", "not an e-mail address" },
	{ "\"email\"", "\"a@b..c\"", "not an e-mail address" },
	{ "\"email\"", "\"a@b.\"", "not an e-mail address" },
	{ "\"email\"", "\"a@.b\"", "not an e-mail address" },
	{ "\"email\"", "\"a@b_c\"", "not an e-mail address" },
	{ "\"email\"", "\"\xc3\xa9@a\"", "not an e-mail address" },
	{ "\"email\"", "\"A <a@b>\"", "not an e-mail address" },
	{ "\"email\"", "\"a@b\\n\"", "not an e-mail address" },
	{ "\"email\"", "\"a@" E64 "\"", "not an e-mail address" },
	{ "\"email\"", "\"" E64 E64 E64 "@" "0123456789abcdef0123456789abcde"
	    ".0123456789abcdef0123456789abc\"", NULL },
	{ "\"email\"", "\"" E64 E64 E64 "@" "0123456789abcdef0123456789abcde"
	    ".0123456789abcdef0123456789abcd\"", "not an e-mail address" },
	{ "\"email\"", "5", "not an e-mail address" },
	/* Choices */
	{ "\"choice\",\"choices\":[\"a\",\"b c\"]", "\"b c\"", NULL },
	{ "\"choice\",\"choices\":[\"a\",\"b c\"]", "\"b\\u0020c\"", NULL },
	{ "\"choice\",\"choices\":[\"a\",\"b c\"]", "\"B c\"",
	    "not one of the choices" },
	{ "\"choice\",\"choices\":[\"a\",\"b c\"]", "\"\"",
	    "not one of the choices" },
	{ "\"choice\",\"choices\":[\"1\"]", "1", "not one of the choices" },
	{ "\"choice\",\"choices\":[\"\xef\xbf\xbd\"]", "\"\\ud800\"", HALF },
	/* Lists and objects */
	{ "\"list\"", "[]", NULL },
	{ "\"list\"", "[1, null,[],{\"a\":[1,2]} ]", NULL },
	{ "\"list\"", "\"\"", "not a list" }, { "\"list\"", "{}",
	    "not a list" },
	{ "\"list\",\"maxItems\":0", "[ ]", NULL },
	{ "\"list\",\"maxItems\":0", "[0]", "more items than allowed" },
	{ "\"list\",\"maxItems\":2", "[\",\",[1,2,3]]", NULL },
	{ "\"list\",\"maxItems\":2", "[1,2,3]", "more items than allowed" },
	{ "\"list\"", "[{\"a\":\"\\u0000\"}]", "has U+0000" },
	{ "\"list\"", "[[\"\\udc00\"]]", HALF },
	{ "\"object\"", "{}", NULL },
	{ "\"object\"", "{ \"a\" : {\"a\":1,\"a\":2}\n}", NULL },
	{ "\"object\"", "[]", "not an object" },
	{ "\"object\"", "\"\"", "not an object" },
	{ "\"object\"", "{\"a\\u0000\":1}", "has U+0000" },
	{ "\"object\"", "{\"a\":{\"\\ud800\":1}}", HALF },
	{ "\"object\"", "{\"a\":1e999999}", NULL }
};

static struct form_fields *
fields_of(const char *text, struct arena *arena)
{
	struct form_fields *fields;
	struct err err;

	if (form_fields_parse(text, strlen(text), arena, &fields, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return fields;
}

/* Checks a body without a NUL at its end, so that a sanitizer reports reads
 * beyond it. The body is JSON, and so is the record. */
static void
check(const struct form_fields *fields, const char *body, size_t len,
    struct arena *arena, struct form_outcome *out)
{
	struct jsn_scan seen;
	struct err err;
	char *p = mem_alloc(len);
	size_t i, n;

	memcpy(p, body, len);
	if (jsn_scan(p, len, JSN_DEPTH_MAX, &seen, &err) < 0)
		fail_msg("%s: %s", body, err.text);
	form_check(fields, p, len, arena, out);
	free(p);
	assert_int_equal(out->ok, out->record != NULL);
	if (out->ok) {
		assert_int_equal(out->record_len, strlen(out->record));
		assert_int_equal(jsn_scan(out->record, out->record_len,
		    JSN_DEPTH_MAX, &seen, &err), 0);
		assert_null(jsn_unfit(out->record, out->record_len));
	}
	len = strlen(out->remarks);
	assert_in_range(len, 0, FORM_REMARKS_MAX);
	for (i = 0; i < len; i += n) {
		n = jsn_utf8(out->remarks + i, len - i);
		assert_true(n > 0 && (unsigned char)out->remarks[i] >= 0x20);
		assert_true(out->remarks[i] != 0x7f);
		assert_true(out->remarks[i] != '\xc2' ||
		    (unsigned char)out->remarks[i + 1] >= 0xa0);
	}
}

static void
test_values(void **state)
{
	struct arena arena = ARENA_INIT;
	const char *field, *body, *record, *remarks;
	struct form_outcome out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(values); i++) {
		field = arena_printf(&arena, "[{\"name\":\"f\",\"type\":%s}]",
		    values[i].field);
		body = arena_printf(&arena, "{\"f\": %s }", values[i].value);
		check(fields_of(field, &arena), body, strlen(body), &arena,
		    &out);
		record = arena_printf(&arena, "{\"f\":%s}", values[i].value);
		remarks = values[i].wrong == NULL ? "" :
		    arena_printf(&arena, "f: %s", values[i].wrong);
		if (strcmp(out.remarks, remarks) != 0)
			fail_msg("values[%zu] %s: %s", i, values[i].value,
			    out.remarks);
		if (out.ok != (values[i].wrong == NULL) ||
		    (out.ok && strcmp(out.record, record) != 0))
			fail_msg("values[%zu]: %s", i, out.record);
		arena_release(&arena);
	}
}

static const char form[] =
    "[{\"name\":\"subject\",\"type\":\"text\",\"required\":true},"
    "{\"name\":\"r\xc3\xa9""f\",\"type\":\"number\"},"
    "{\"name\":\"when\",\"type\":\"date-time\"},"
    "{\"name\":\"tags\",\"type\":\"list\",\"required\":true}]";

static const struct {
	const char *body;
	const char *record;	/* NULL: rejected */
	const char *remarks;
} bodies[] = {
	{ "{\"tags\":[ 1 ],\"when\":\"2025-07-22T10:35:00Z\","
	    "\"r\\u00e9f\":1.00,\"subject\":\"\\u0041\"}",
	    "{\"subject\":\"\\u0041\",\"r\xc3\xa9" "f\":1.00,"
	    "\"when\":\"2025-07-22T10:35:00Z\",\"tags\":[ 1 ]}", "" },
	/* Empty values */
	{ "{\"subject\":\"a\",\"tags\":[]}", "{\"subject\":\"a\","
	    "\"r\xc3\xa9" "f\":null,\"when\":null,\"tags\":[]}", "" },
	{ "{\"subject\":\"a\",\"tags\":[],\"when\":null}",
	    "{\"subject\":\"a\",\"r\xc3\xa9" "f\":null,\"when\":null,"
	    "\"tags\":[]}", "" },
	{ "{}", NULL, "subject: required; tags: required" },
	{ "{\"subject\":\"\",\"tags\":null}", NULL,
	    "subject: required; tags: required" },
	{ "{\"subject\":\"a\",\"tags\":[],\"when\":\"\"}", NULL,
	    "when: not a date-time" },
	/* Names without a field */
	{ "{\"subject\":\"a\",\"Subject\":1,\"tags\":[],\"\":{},"
	    "\"a\\nb\":0,\"x\\u0000\\u007f\\u0085\":\"\\ud800\","
	    "\"\\ud800\":\"\\u0000\"}",
	    "{\"subject\":\"a\",\"r\xc3\xa9" "f\":null,\"when\":null,"
	    "\"tags\":[]}", "unknown: Subject, \"\", a\\u000ab, "
	    "x\\u0000\\u007f\\u0085, \xef\xbf\xbd" },
	{ "{\"when\":1,\"x\":2,\"subject\":3}", NULL,
	    "subject: not a text; when: not a date-time; tags: required; "
	    "unknown: x" },
	/* Of a name that is repeated the last one counts */
	{ "{\"subject\":1,\"tags\":[],\"subject\":\"b\",\"tags\":[1]}",
	    "{\"subject\":\"b\",\"r\xc3\xa9" "f\":null,\"when\":null,"
	    "\"tags\":[1]}", "repeated, the last counts: subject, tags" },
	{ "{\"subject\":\"a\",\"tags\":[],\"\\u0073ubject\":null,\"y\":1,"
	    "\"subject\":2}", NULL, "subject: not a text; unknown: y; "
	    "repeated, the last counts: subject" },
	{ "{\"subject\":\"a\",\"tags\":[],\"subject\":null}", NULL,
	    "subject: required; repeated, the last counts: subject" }
};

static void
test_bodies(void **state)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct form_outcome out;
	size_t i;

	(void)state;
	fields = fields_of(form, &arena);
	for (i = 0; i < LENGTH(bodies); i++) {
		check(fields, bodies[i].body, strlen(bodies[i].body), &arena,
		    &out);
		if (strcmp(out.remarks, bodies[i].remarks) != 0)
			fail_msg("bodies[%zu]: %s", i, out.remarks);
		if (bodies[i].record == NULL ? out.ok : !out.ok ||
		    strcmp(out.record, bodies[i].record) != 0)
			fail_msg("bodies[%zu]: %s", i, out.record);
	}
	arena_release(&arena);
}

/* U+FFFD is a valid name; an unpaired surrogate is not. */
static void
test_broken_name(void **state)
{
	static const char body[] =
	    "{\"\xef\xbf\xbd\":\"a\",\"\\ud800\":\"b\"}";
	struct arena arena = ARENA_INIT;
	struct form_outcome out;

	(void)state;
	check(fields_of("[{\"name\":\"\xef\xbf\xbd\",\"type\":\"text\"}]",
	    &arena), body, strlen(body), &arena, &out);
	assert_true(out.ok);
	assert_string_equal(out.record, "{\"\xef\xbf\xbd\":\"a\"}");
	assert_string_equal(out.remarks, "unknown: \xef\xbf\xbd");
	arena_release(&arena);
}

/* Appends a name of n emoji and a number. */
static void
put_long_name(struct buf *b, size_t n, size_t number)
{
	buf_printf(b, "%zu", number);
	while (n-- > 0)
		buf_addstr(b, "\xf0\x9f\x98\x80");
}

/* The remarks are bounded, and say how many they omit. */
static void
test_many(void **state)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct form_outcome out;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	buf_addstr(&b, "{\"tags\":[],\"subject\":\"a\"");
	for (i = 0; i < 10000; i++)
		buf_printf(&b, ",\"k%zu\":0", i);
	buf_addch(&b, '}');
	fields = fields_of(form, &arena);
	check(fields, b.data, b.len, &arena, &out);
	assert_true(out.ok);
	assert_non_null(strstr(out.remarks, "unknown: k0, k1, k2, "));
	assert_non_null(strstr(out.remarks, ", k88, k89 and 9,910 more"));
	/* Everything is wrong, and every name is long. */
	b.len = 0;
	for (i = 0; i < FORM_FIELDS_MAX; i++) {
		buf_addstr(&b, i == 0 ? "[{\"name\":\"" : ",{\"name\":\"");
		put_long_name(&b, 250, i);
		buf_addstr(&b, "\",\"type\":\"date-time\"}");
	}
	buf_addch(&b, ']');
	fields = fields_of(b.data, &arena);
	b.len = 0;
	for (i = 0; i < 1000; i++) {
		buf_addstr(&b, i == 0 ? "{\"" : ",\"");
		put_long_name(&b, i < 600 ? 250 : 70, i % 300);
		buf_addstr(&b, "\":0");
	}
	buf_addch(&b, '}');
	check(fields, b.data, b.len, &arena, &out);
	assert_false(out.ok);
	assert_non_null(strstr(out.remarks,
	    "\xe2\x80\xa6: not a date-time; and 197 more; unknown: 200"));
	assert_non_null(strstr(out.remarks,
	    "\xe2\x80\xa6 and 599 more; repeated, the last counts: 0"));
	assert_non_null(strstr(out.remarks, "\xe2\x80\xa6 and 199 more"));
	buf_release(&b);
	arena_release(&arena);
}

/* Appends some of the limits that a type has. */
static void
draw_limits(struct buf *b, const struct form_type *t, uint64_t *seed)
{
	uint64_t i, n;

	if (t->limits & FORM_LIMIT_LENGTH && draw(seed, 2) == 0)
		buf_printf(b, ",\"minLength\":%d", (int)draw(seed, 1001));
	if (t->limits & FORM_LIMIT_LENGTH && draw(seed, 2) == 0)
		buf_printf(b, ",\"maxLength\":%d", (int)draw(seed, 1500));
	if (t->limits & FORM_LIMIT_RANGE && draw(seed, 2) == 0) {
		buf_addstr(b, ",\"minimum\":");
		draw_number(b, seed);
	}
	if (t->limits & FORM_LIMIT_RANGE && draw(seed, 2) == 0) {
		buf_addstr(b, ",\"maximum\":");
		draw_number(b, seed);
	}
	if (t->limits & FORM_LIMIT_RANGE && draw(seed, 2) == 0)
		buf_addstr(b, ",\"integer\":true");
	if (t->limits & FORM_LIMIT_ITEMS && draw(seed, 2) == 0)
		buf_printf(b, ",\"maxItems\":%d", (int)draw(seed, 5));
	if (t->limits & FORM_LIMIT_CHOICES) {
		n = 1 + draw(seed, 4);
		buf_addstr(b, ",\"choices\":[");
		for (i = 0; i < n; i++)
			buf_printf(b, "%s\"\\u00e9\\\"%d\"", i ? "," : "",
			    (int)(i * 10 + draw(seed, 10)));
		buf_addch(b, ']');
	}
}

static void
draw_fields(struct buf *b, uint64_t *seed)
{
	static const char *const parts[] = {
		"a", "\\u00e9", "\xf0\x9f\x98\x80", " ", "\\\"", "\\\\", "=",
		"/"
	};
	uint64_t i, j, n = 1 + draw(seed, 4), types = 0, type, length;

	while (form_types[types].name != NULL)
		types++;
	b->len = 0;
	for (i = 0; i < n; i++) {
		type = draw(seed, types);
		buf_printf(b, "%s{\"required\":%s,\"type\":\"%s\","
		    "\"name\":\"%d", i == 0 ? "[" : ",",
		    draw(seed, 2) ? "true" : "false", form_types[type].name,
		    (int)i);
		length = draw(seed, 250);
		for (j = 0; j < length; j++)
			buf_addstr(b, parts[draw(seed, LENGTH(parts))]);
		buf_addch(b, '"');
		draw_limits(b, &form_types[type], seed);
		buf_addch(b, '}');
	}
	buf_addch(b, ']');
}

/* The example in a form's details passes the form's check. */
static void
test_example(void **state)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct form_outcome out;
	size_t i, accepted = 0;
	struct buf b, example;
	uint64_t seed = 1;
	struct err err;

	(void)state;
	buf_init(&b);
	buf_init(&example);
	for (i = 0; i < 5000; i++) {
		draw_fields(&b, &seed);
		if (form_fields_parse(b.data, b.len, &arena, &fields,
		    &err) == 0) {
			example.len = 0;
			form_example(fields, &example);
			check(fields, example.data, example.len, &arena, &out);
			if (!out.ok || strcmp(out.remarks, "") != 0 ||
			    strcmp(out.record, example.data) != 0)
				fail_msg("%s\n%s\n%s", b.data, example.data,
				    out.remarks);
			accepted++;
		}
		arena_release(&arena);
	}
	assert_in_range(accepted, 2500, 5000);
	buf_release(&b);
	buf_release(&example);
}

static void
test_example_text(void **state)
{
	static const char text[] =
	    "[{\"name\":\"subject\",\"type\":\"text\"},"
	    "{\"name\":\"\xc3\xa9t\xc3\xa9\",\"type\":\"text\","
	    "\"maxLength\":2},"
	    "{\"name\":\"\xc3\xa9\\\"b\",\"type\":\"text\",\"minLength\":7},"
	    "{\"name\":\"n\",\"type\":\"number\"},"
	    "{\"name\":\"least\",\"type\":\"number\",\"minimum\":2.50},"
	    "{\"name\":\"most\",\"type\":\"number\",\"maximum\":-2.50},"
	    "{\"name\":\"up\",\"type\":\"number\",\"minimum\":99.5,"
	    "\"integer\":true},"
	    "{\"name\":\"down\",\"type\":\"number\",\"maximum\":-99.5,"
	    "\"integer\":true},"
	    "{\"name\":\"b\",\"type\":\"boolean\"},"
	    "{\"name\":\"d\",\"type\":\"date\"},"
	    "{\"name\":\"t\",\"type\":\"date-time\"},"
	    "{\"name\":\"e\",\"type\":\"email\"},"
	    "{\"name\":\"c\",\"type\":\"choice\",\"choices\":[\"x\",\"y\"]},"
	    "{\"name\":\"l\",\"type\":\"list\"},"
	    "{\"name\":\"o\",\"type\":\"object\"}]";
	struct arena arena = ARENA_INIT;
	struct buf b;

	(void)state;
	buf_init(&b);
	form_example(fields_of(text, &arena), &b);
	assert_string_equal(b.data, "{\"subject\":\"subject\","
	    "\"\xc3\xa9t\xc3\xa9\":\"\xc3\xa9t\","
	    "\"\xc3\xa9\\\"b\":\"\xc3\xa9\\\"b\xc3\xa9\\\"b\xc3\xa9\","
	    "\"n\":0,\"least\":2.50,\"most\":-2.50,\"up\":100,\"down\":-100,"
	    "\"b\":true,\"d\":\"2025-07-22\",\"t\":\"2025-07-22T10:35:00Z\","
	    "\"e\":\"name@example.com\",\"c\":\"x\",\"l\":[],\"o\":{}}");
	buf_release(&b);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_broken_name),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_example_text)
	};

	return cmocka_run_group_tests_name("form_check", tests, NULL, NULL);
}
