/* SPDX-License-Identifier: ISC */
/* Tests decimal numbers: order, limits and integers. */
#include <string.h>

#include "../unit.h"
#include "base/decimal.h"

static bool
parse(const char *text, struct decimal *d)
{
	return decimal_parse(text, strlen(text), d);
}

/* Each is less than the next one; those of a line are equal. */
static void
test_compare(void **state)
{
	static const char *const order[][4] = {
		{ "-1e1000" }, { "-1.0000000000000000000000000000001e999" },
		{ "-1e999" }, { "-9007199254740993" }, { "-9007199254740992" },
		{ "-10", "-1e1", "-10.0", "-100e-1" }, { "-9.99" }, { "-1.5" },
		{ "-1", "-1.00", "-0.1e1" }, { "-0.5" }, { "-1e-1000" },
		{ "0", "-0", "0.000e7", "-0.0e-100" }, { "1e-1000" },
		{ "0.05", "5e-2", "0.5E-1", "0.00005e+3" }, { "0.06" },
		{ "0.5" }, { "0.50000000000000000000000000000000000000001" },
		{ "1" }, { "1.1" }, { "1.10000000000000000000000000001" },
		{ "1.2" }, { "9.9" }, { "10" }, { "10.01" }, { "11" },
		{ "99" }, { "100", "1e2", "0.1e3", "100.00" }, { "101" },
		{ "9007199254740992" }, { "9007199254740993",
		    "9007199254740993.0", "9.007199254740993e15" },
		{ "1e308" }, { "1e400", "10e399" }, { "1.5e1000" }
	};
	struct decimal a, b;
	size_t i, j, k, l;
	int sign;

	(void)state;
	for (i = 0; i < LENGTH(order); i++)
		for (j = 0; j < LENGTH(order); j++)
			for (k = 0; k < 4 && order[i][k] != NULL; k++)
				for (l = 0; l < 4 && order[j][l] != NULL;
				    l++) {
					assert_true(parse(order[i][k], &a));
					assert_true(parse(order[j][l], &b));
					sign = decimal_compare(&a, &b);
					if ((sign > 0) != (i > j) ||
					    (sign < 0) != (i < j))
						fail_msg("%s and %s: %d",
						    order[i][k], order[j][l],
						    sign);
				}
}

static void
test_limits(void **state)
{
	static const struct {
		const char *before;
		size_t zeros;	/* or this many digits 7 */
		char digit;
		const char *after;
		bool holds;
	} cases[] = {
		{ "", 1000, '7', "", true }, { "", 1001, '7', "", false },
		{ "0.", 1000, '7', "", true }, { "0.", 1001, '7', "", false },
		{ "-7.", 999, '7', "e1000", true },
		{ "-7.", 1000, '7', "e1000", false },
		{ "1", 1000, '0', "", true }, { "1", 1001, '0', "", false },
		{ "0.", 999, '0', "1", true },
		{ "0.", 1000, '0', "1", false },
		{ "1", 0, '0', "e1000", true },
		{ "1", 0, '0', "e1001", false },
		{ "1", 0, '0', "e-1000", true },
		{ "1", 0, '0', "e-1001", false },
		{ "1", 0, '0', "e999999", false },
		{ "1", 0, '0', "e99999999999999999999999999", false },
		{ "1", 0, '0', "e-99999999999999999999999999", false },
		{ "1", 2000, '0', "e-1000", true },
		{ "0.", 2000, '0', "1e2000", true },
		/* Zeros: PostgreSQL keeps those behind the point */
		{ "1.", 4000, '0', "", true }, { "1.", 4001, '0', "", false },
		{ "1", 4500, '0', "e-4000", true },
		{ "0.", 8000, '0', "e4000", true },
		{ "0.", 8001, '0', "e4000", false },
		{ "0", 0, '0', "e4000", true },
		{ "0", 0, '0', "e4001", false },
		{ "0", 0, '0', "e-4000", true },
		{ "0.0", 0, '0', "e-4000", false },
		{ "0", 0, '0', "e-4001", false },
		{ "1", 0, '0', "e00000000000001", true }
	};
	struct decimal d;
	struct buf b;
	size_t i, n;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(cases); i++) {
		b.len = 0;
		buf_addstr(&b, cases[i].before);
		for (n = 0; n < cases[i].zeros; n++)
			buf_addch(&b, cases[i].digit);
		buf_addstr(&b, cases[i].after);
		if (decimal_parse(b.data, b.len, &d) != cases[i].holds)
			fail_msg("cases[%zu]", i);
	}
	buf_release(&b);
}

static void
test_whole(void **state)
{
	static const struct {
		const char *text;
		const char *whole;	/* rounded away from 0 */
		bool is_whole;
	} cases[] = {
		{ "0", "0", true }, { "-0.00", "0", true },
		{ "7", "7", true }, { "-7", "-7", true },
		{ "1.0", "1", true }, { "1e3", "1000", true },
		{ "1.5e1", "15", true }, { "1.5e0", "2", false },
		{ "120e-1", "12", true }, { "120e-2", "2", false },
		{ "0.001", "1", false }, { "-0.001", "-1", false },
		{ "0.999", "1", false }, { "9.5", "10", false },
		{ "-99.01", "-100", false }, { "1999.9", "2000", false },
		{ "109.000000000000000000000000000001", "110", false },
		{ "9007199254740992.5", "9007199254740993", false },
		{ "12345.678e2", "1234568", false },
		{ "12345.678e3", "12345678", true }
	};
	struct decimal d;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(cases); i++) {
		assert_true(parse(cases[i].text, &d));
		b.len = 0;
		decimal_put_whole(&d, &b);
		if (strcmp(b.data, cases[i].whole) != 0 ||
		    decimal_is_whole(&d) != cases[i].is_whole)
			fail_msg("%s: %s", cases[i].text, b.data);
	}
	assert_true(parse("-1e1000", &d));
	b.len = 0;
	decimal_put_whole(&d, &b);
	assert_int_equal(b.len, DECIMAL_EXPONENT_MAX + 2);
	assert_true(decimal_is_whole(&d));
	buf_release(&b);
}

static void
test_integer(void **state)
{
	static const struct {
		const char *text;
		bool is;
		long n;
	} cases[] = {
		{ "0", true, 0 }, { "-0.0", true, 0 }, { "12", true, 12 },
		{ "-12.000", true, -12 }, { "1.2e3", true, 1200 },
		{ "999999999999999", true, 999999999999999 },
		{ "1000000000000000", false, 0 }, { "1e1000", false, 0 },
		{ "1.5", false, 0 }, { "0.5", false, 0 }
	};
	struct decimal d;
	size_t i;
	long n;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		n = 0;
		assert_true(parse(cases[i].text, &d));
		if (decimal_integer(&d, &n) != cases[i].is || n != cases[i].n)
			fail_msg("%s: %ld", cases[i].text, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_integer)
	};

	return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
