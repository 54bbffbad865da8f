/* SPDX-License-Identifier: ISC */
/* Tests hexadecimal digits. */
#include <stdio.h>

#include "../unit.h"
#include "base/hex.h"

/* Every byte, written in both cases. */
static void
test_bytes(void **state)
{
	char lower[3], upper[3], put[3] = "";
	unsigned char byte;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		byte = (unsigned char)c;
		snprintf(lower, sizeof(lower), "%02x", c);
		snprintf(upper, sizeof(upper), "%02X", c);
		assert_ptr_equal(hex_put(put, &byte, 1), put + 2);
		assert_string_equal(put, lower);
		assert_int_equal(hex_value(lower[0]) * 16 +
		    hex_value(lower[1]), c);
		assert_int_equal(hex_value(upper[0]) * 16 +
		    hex_value(upper[1]), c);
	}
}

/* Only 22 characters are digits. */
static void
test_others(void **state)
{
	int c, digits = 0;

	(void)state;
	for (c = 0; c < 256; c++)
		digits += hex_value((char)c) >= 0;
	assert_int_equal(digits, 22);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_others)
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
