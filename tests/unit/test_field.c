#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/field.h"

static const struct field fields[] = {
	FIELD_STRING("name", FIELD_REQUIRED, 1, 4),
	FIELD_STRING("note", 0, 0, 3),
	FIELD_INTEGER("code", 0, 100, 599),
	FIELD_BOOLEAN("wait", 0),
	FIELD_ENUM("kind", 0, "none fitbit alexa"),
	FIELD_END
};

static const struct field empty[] = { FIELD_END };

static const struct {
	const struct field *fields;
	const char *text;
	const char *says;	/* NULL: it is accepted */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases)
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
