/* SPDX-License-Identifier: ISC */
/* Tests the JSON writer: commas, nesting, and values of every type. */
#include <string.h>

#include "../unit.h"
#include "base/jsn.h"
#include "base/jsn_write.h"

static void
test_write(void **state)
{
	static const char expected[] = "{\"a\":\"1\",\"b\":{},\"c\":[\"x\",{"
	    "\"d\":-9223372036854775808},[],true],\"e\":null,\"{\":\"[\","
	    "\"\\\"\":{\"f\":[1]},\"g\":2,\"h\":false}";
	struct jsn_scan out;
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b);
	jsn_write_object(&b, NULL);
	jsn_write_string(&b, "a", "1");
	jsn_write_object(&b, "b");
	jsn_write_end(&b, '}');
	jsn_write_array(&b, "c");
	jsn_write_chars(&b, NULL, "xyz", 1);
	jsn_write_object(&b, NULL);
	jsn_write_integer(&b, "d", INT64_MIN);
	jsn_write_end(&b, '}');
	jsn_write_array(&b, NULL);
	jsn_write_end(&b, ']');
	jsn_write_bool(&b, NULL, true);
	jsn_write_end(&b, ']');
	jsn_write_string(&b, "e", NULL);
	/* Brackets in text do not count as brackets. */
	jsn_write_string(&b, "{", "[");
	jsn_write_json(&b, "\"", "{\"f\":[1]}", strlen("{\"f\":[1]}"));
	jsn_write_name(&b, "g");
	buf_addch(&b, '2');
	jsn_write_bool(&b, "h", false);
	jsn_write_end(&b, '}');
	assert_string_equal(b.data, expected);
	assert_int_equal(jsn_scan(b.data, b.len, 4, &out, &err), 0);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write)
	};

	return cmocka_run_group_tests_name("jsn_write", tests, NULL, NULL);
}
