/* SPDX-License-Identifier: ISC */
/* Tests the fields of request bodies: types, limits and required members. */
#include <string.h>

#include "../unit.h"
#include "base/field.h"

/* Accepts objects with at least one member. */
static int
map_check(const struct jsn *value, struct err *err)
{
	return jsn_length(value) > 0 && jsn_type(value) == JSN_OBJECT ? 0 :
	    err_set(err, ERR_BAD_REQUEST, "map says no");
}

static const struct field fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 4),
	FIELD_STRING("note", 0, 0, 3),
	FIELD_INTEGER("code", 0, 100, 599),
	FIELD_BOOLEAN("wait", 0),
	FIELD_ENUM("kind", 0, "none fitbit alexa"),
	FIELD_TIME("until", 0),
	FIELD_STRINGS("tags", 0, 1, 3),
	FIELD_ENUMS("usage", 0, "Web Mobile"),
	FIELD_CHECKED("map", 0, map_check),
	FIELD_END
};

static const struct field needed[] = {
	FIELD_CHECKED("map", FIELD_REQUIRED, map_check),
	FIELD_END
};

static const struct field empty[] = { FIELD_END };

static const struct {
	const struct field *fields;
	const char *text;
	const char *says;	/* NULL: accepted */
} cases[] = {
	{ fields, "{\"name\":\"a\"}", NULL },
	{ fields, "{\"kind\":\"none\",\"wait\":true,\"code\":100,"
	    "\"note\":\"\",\"name\":\"abcd\"}", NULL },
	{ empty, "{}", NULL },
	{ empty, "{\"a\":1}", "body has additional properties" },
	/* The body */
	{ fields, "[]", "body is the wrong type" },
	{ fields, "null", "body is the wrong type" },
	{ fields, "\"name\"", "body is the wrong type" },
	{ fields, "1", "body is the wrong type" },
	{ fields, "{\"name\":\"a\",\"x\":1}",
	    "body has additional properties" },
	{ fields, "{\"name\":\"a\",\"Name\":\"b\"}",
	    "body has additional properties" },
	{ fields, "{\"name\":\"a\",\"\":null}",
	    "body has additional properties" },
	/* Required */
	{ fields, "{}", "name is required" },
	{ fields, "{\"note\":\"\"}", "name is required" },
	{ fields, "{\"name\":null}", "name is the wrong type" },
	/* Strings: their length in code points */
	{ fields, "{\"name\":1}", "name is the wrong type" },
	{ fields, "{\"name\":[\"a\"]}", "name is the wrong type" },
	{ fields, "{\"name\":\"\"}", "name has less length than allowed" },
	{ fields, "{\"name\":\"abcde\"}",
	    "name has longer length than allowed" },
	{ fields, "{\"name\":\"\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9z\"}",
	    NULL },
	{ fields, "{\"name\":\"\\u00e9\\ud83d\\ude00zz\"}", NULL },
	{ fields, "{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}",
	    "name has longer length than allowed" },
	{ fields, "{\"name\":\"a\",\"note\":null}", "note is the wrong type" },
	/* Times */
#define UNTIL(json, says) \
	{ fields, "{\"name\":\"a\",\"until\":" json "}", says }
	UNTIL("\"2030-01-31T10:00:00Z\"", NULL),
	UNTIL("\"2030-01-31T10:00:00.123456Z\"", NULL),
	UNTIL("\"2030-01-31T10:00:00+01:30\"", NULL),
	UNTIL("\"2030-01-31T10:00:00.5-08:00\"", NULL),
	UNTIL("null", "until is the wrong type"),
	UNTIL("1893456000", "until is the wrong type"),
	UNTIL("\"\"", "until must be date-time format"),
	UNTIL("\"2030-01-31\"", "until must be date-time format"),
	UNTIL("\"2030-01-31T10:00:00\"", "until must be date-time format"),
	UNTIL("\"2030-01-31 10:00:00Z\"", "until must be date-time format"),
	UNTIL("\"2030-01-31T10:00:00.Z\"", "until must be date-time format"),
	UNTIL("\"2030-01-31T10:00:00Zx\"", "until must be date-time format"),
	UNTIL("\"2030-01-31T10:00:00+01\"", "until must be date-time format"),
	UNTIL("\"2030-01-31T10:00:00+01:00x\"",
	    "until must be date-time format"),
	UNTIL("\"20300-1-31T10:00:00Z\"", "until must be date-time format"),
	UNTIL("\"infinity\"", "until must be date-time format"),
	UNTIL("\"2030-02-30T10:00:00Z\"", "until must be date-time format"),
	UNTIL("\"2030-01-31T10:00:00+16:00\"",
	    "until must be date-time format"),
	/* Arrays of strings */
#define TAGS(json, says) \
	{ fields, "{\"name\":\"a\",\"tags\":" json "}", says }
	TAGS("[]", NULL),
	TAGS("[\"a\",\"b\",\"abc\"]", NULL),
	TAGS("null", "tags is the wrong type"),
	TAGS("\"a\"", "tags is the wrong type"),
	TAGS("{\"a\":1}", "tags is the wrong type"),
	TAGS("[\"a\",1]", "tags is the wrong type"),
	TAGS("[null]", "tags is the wrong type"),
	TAGS("[\"\"]", "tags has less length than allowed"),
	TAGS("[\"abcd\"]", "tags has longer length than allowed"),
	TAGS("[\"a\",\"b\",\"a\"]", "tags must be unique"),
	/* Arrays of words */
#define USAGE(json, says) \
	{ fields, "{\"name\":\"a\",\"usage\":" json "}", says }
	USAGE("[]", NULL),
	USAGE("[\"Mobile\",\"Web\"]", NULL),
	USAGE("\"Web\"", "usage is the wrong type"),
	USAGE("[1]", "usage is the wrong type"),
	USAGE("[\"\"]", "usage must be an enum value"),
	USAGE("[\"Web Mobile\"]", "usage must be an enum value"),
	USAGE("[\"Web\",\"web\"]", "usage must be an enum value"),
	USAGE("[\"Web\",\"Web\"]", "usage must be unique"),
	/* A field with its own check */
	{ fields, "{\"name\":\"a\",\"map\":{\"b\":1}}", NULL },
	{ fields, "{\"name\":\"a\",\"map\":{}}", "map says no" },
	{ fields, "{\"name\":\"a\",\"map\":null}", "map says no" },
	{ fields, "{\"name\":1,\"map\":null}", "name is the wrong type" },
	{ needed, "{}", "map is required" },
	/* Integers */
	{ fields, "{\"name\":\"a\",\"code\":599}", NULL },
	{ fields, "{\"name\":\"a\",\"code\":2e2}", NULL },
	{ fields, "{\"name\":\"a\",\"code\":99}",
	    "code is less than minimum" },
	{ fields, "{\"name\":\"a\",\"code\":-200}",
	    "code is less than minimum" },
	{ fields, "{\"name\":\"a\",\"code\":600}",
	    "code is more than maximum" },
	{ fields, "{\"name\":\"a\",\"code\":200.5}",
	    "code is the wrong type" },
	{ fields, "{\"name\":\"a\",\"code\":\"200\"}",
	    "code is the wrong type" },
	{ fields, "{\"name\":\"a\",\"code\":1e400}",
	    "code is the wrong type" },
	{ fields, "{\"name\":\"a\",\"code\":null}",
	    "code is the wrong type" },
	/* Booleans */
	{ fields, "{\"name\":\"a\",\"wait\":false}", NULL },
	{ fields, "{\"name\":\"a\",\"wait\":\"true\"}",
	    "wait is the wrong type" },
	{ fields, "{\"name\":\"a\",\"wait\":0}", "wait is the wrong type" },
	{ fields, "{\"name\":\"a\",\"wait\":null}", "wait is the wrong type" },
	/* Enums */
	{ fields, "{\"name\":\"a\",\"kind\":\"fitbit\"}", NULL },
	{ fields, "{\"name\":\"a\",\"kind\":\"alexa\"}", NULL },
	{ fields, "{\"name\":\"a\",\"kind\":\"\"}",
	    "kind must be an enum value" },
	{ fields, "{\"name\":\"a\",\"kind\":\" \"}",
	    "kind must be an enum value" },
	{ fields, "{\"name\":\"a\",\"kind\":\"fit\"}",
	    "kind must be an enum value" },
	{ fields, "{\"name\":\"a\",\"kind\":\"nones\"}",
	    "kind must be an enum value" },
	{ fields, "{\"name\":\"a\",\"kind\":\"none fitbit\"}",
	    "kind must be an enum value" },
	{ fields, "{\"name\":\"a\",\"kind\":\"None\"}",
	    "kind must be an enum value" },
	{ fields, "{\"name\":\"a\",\"kind\":3}", "kind is the wrong type" },
	{ fields, "{\"name\":\"a\",\"kind\":null}", "kind is the wrong type" }
};

static void
test_cases(void **state)
{
	struct jsn *j = NULL;
	struct err err;
	int result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&err, 0, sizeof(err));
		if (jsn_parse(cases[i].text, strlen(cases[i].text), &j,
		    &err) < 0)
			fail_msg("cases[%zu]: %s", i, err.text);
		result = field_check(j, cases[i].fields, &err);
		if (result != (cases[i].says == NULL ? 0 : -1) ||
		    strcmp(err.text,
		    cases[i].says == NULL ? "" : cases[i].says) != 0)
			fail_msg("cases[%zu]: %d \"%s\"", i, result, err.text);
		if (result < 0 && err.code != ERR_BAD_REQUEST)
			fail_msg("cases[%zu]: code %d", i, err.code);
		jsn_free(&j);
	}
	assert_int_equal(field_check(NULL, fields, &err), -1);
	assert_string_equal(err.text, "body is the wrong type");
}

/* Checks an array of n strings, which all differ. */
static void
check_items(size_t n, int want)
{
	struct err err = { .code = ERR_NONE };
	struct jsn *j = NULL;
	struct buf text;
	size_t i;

	buf_init(&text);
	buf_addstr(&text, "{\"name\":\"a\",\"tags\":[");
	for (i = 0; i < n; i++)
		buf_printf(&text, "%s\"%zx\"", i > 0 ? "," : "", i);
	buf_addstr(&text, "]}");
	assert_int_equal(jsn_parse(text.data, text.len, &j, &err), 0);
	assert_int_equal(field_check(j, fields, &err), want);
	if (want < 0)
		assert_string_equal(err.text,
		    "tags has more items than allowed");
	jsn_free(&j);
	buf_release(&text);
}

static void
test_items(void **state)
{
	(void)state;
	check_items(FIELD_ITEMS_MAX, 0);
	check_items(FIELD_ITEMS_MAX + 1, -1);
}

/* field_optional() requires no field, and checks those that exist. */
static void
test_optional(void **state)
{
	struct arena arena = ARENA_INIT;
	const struct field *all = field_optional(&arena, fields);
	struct err err = { .code = ERR_NONE };
	struct jsn *j = NULL;

	(void)state;
	assert_int_equal(jsn_parse("{}", 2, &j, &err), 0);
	assert_int_equal(field_check(j, fields, &err), -1);
	assert_int_equal(field_check(j, all, &err), 0);
	jsn_free(&j);
	assert_int_equal(jsn_parse("{\"x\":1}", 7, &j, &err), 0);
	assert_int_equal(field_check(j, all, &err), -1);
	assert_string_equal(err.text, "body has additional properties");
	jsn_free(&j);
	assert_int_equal(jsn_parse("{\"map\":{}}", 10, &j, &err), 0);
	assert_int_equal(field_check(j, all, &err), -1);
	assert_string_equal(err.text, "map says no");
	jsn_free(&j);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_optional)
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
