/* SPDX-License-Identifier: ISC */
/* Tests lists of records in JSON and in CSV. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "event/record_write.h"

#define ID "01a2008d-7400-7abc-8def-0123456789ff"
#define TIME "2026-01-02T03:04:05.678Z"
#define CURSOR "f:1:" ID

static const char definition[] =
    "[{\"name\":\"t\",\"type\":\"text\"},"
    "{\"name\":\"n, \\\"x\\\"\",\"type\":\"number\"},"
    "{\"name\":\"=l\",\"type\":\"list\"}]";

/* Records, and their form in both formats. */
static const struct {
	const char *email;
	const char *values;
	const char *json;	/* after the time */
	const char *csv;
} cases[] = {
	{ NULL, NULL, "null,\"record\":null}", ",,," },
	{ "a@b", "{\"t\":\"x\",\"n, \\\"x\\\"\":-1.50,\"=l\":[1,\"=\"]}",
	    "\"a@b\",\"record\":{\"t\":\"x\",\"n, \\\"x\\\"\":-1.50,"
	    "\"=l\":[1,\"=\"]}}",
	    "\"a@b\",\"x\",-1.50,\"[1,\"\"=\"\"]\"" },
	/* Another order, other types, fields that the form no longer has. */
	{ "\"=\"", "{\"y\":1,\"=l\":\"=1\",\"t\":true,\"n, \\\"x\\\"\":null}",
	    "\"\\\"=\\\"\",\"record\":{\"y\":1,\"=l\":\"=1\",\"t\":true,"
	    "\"n, \\\"x\\\"\":null}}",
	    "\"\"\"=\"\"\",true,,\"'=1\"" },
	{ "=1@b", "{\"t\":\"a\\r\\n\\u00fc\\\"\"}",
	    "\"=1@b\",\"record\":{\"t\":\"a\\r\\n\\u00fc\\\"\"}}",
	    "\"'=1@b\",\"a\r\n\xc3\xbc\"\"\",," },
	{ NULL, "{}", "null,\"record\":{}}", ",,," }
};

static void
list_init(struct record_list *list, struct arena *arena)
{
	struct form_fields *fields;
	struct err err;

	assert_int_equal(form_fields_parse(definition, strlen(definition),
	    arena, &fields, &err), 0);
	record_list_init(list, arena, fields);
}

/* Writes all cases as one list, and expects this text. */
static void
check(const struct record_format *format, const char *expect)
{
	struct arena arena = ARENA_INIT;
	struct record_list list;
	struct record r = { .id = ID, .time = TIME };
	struct buf out;
	size_t i;

	list_init(&list, &arena);
	buf_init(&out);
	format->begin(&list, &out);
	for (i = 0; i < LENGTH(cases); i++) {
		r.email = cases[i].email;
		r.values = cases[i].values;
		r.values_len = r.values == NULL ? 0 : strlen(r.values);
		format->put(&list, &r, &out);
	}
	format->end(&list, CURSOR, true, &out);
	assert_string_equal(out.data, expect);
	assert_int_equal(list.count, LENGTH(cases));
	buf_release(&out);
	arena_release(&arena);
}

static void
test_json(void **state)
{
	struct buf expect;
	size_t i;

	(void)state;
	buf_init(&expect);
	buf_addstr(&expect, "{\"items\":[");
	for (i = 0; i < LENGTH(cases); i++)
		buf_printf(&expect, "%s{\"id\":\"" ID "\",\"time\":\"" TIME
		    "\",\"user_email\":%s", i > 0 ? "," : "", cases[i].json);
	buf_addstr(&expect, "],\"count\":5,\"cursor\":\"" CURSOR
	    "\",\"more\":true}");
	check(&record_formats[0], expect.data);
	buf_release(&expect);
}

static void
test_csv(void **state)
{
	struct buf expect;
	size_t i;

	(void)state;
	buf_init(&expect);
	buf_addstr(&expect, "id,time,user_email,\"t\",\"n, \"\"x\"\"\","
	    "\"'=l\"\r\n");
	for (i = 0; i < LENGTH(cases); i++)
		buf_printf(&expect, ID "," TIME ",%s\r\n", cases[i].csv);
	check(&record_formats[1], expect.data);
	buf_release(&expect);
}

/* An empty list is valid JSON and CSV. */
static void
test_empty(void **state)
{
	static const char *const expect[] = {
		"{\"items\":[],\"count\":0,\"cursor\":\"\",\"more\":false}",
		"id,time,user_email,\"t\",\"n, \"\"x\"\"\",\"'=l\"\r\n"
	};
	struct arena arena = ARENA_INIT;
	struct record_list list;
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(expect); i++) {
		list_init(&list, &arena);
		buf_init(&out);
		record_formats[i].begin(&list, &out);
		record_formats[i].end(&list, "", false, &out);
		assert_string_equal(out.data, expect[i]);
		buf_release(&out);
	}
	assert_null(record_formats[i].name);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_empty)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
