/* SPDX-License-Identifier: ISC */
/* Tests networks of clients. */
#include "../unit.h"
#include "base/network.h"

static void
test_networks(void **state)
{
	static const struct {
		const char *address, *network;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
		{ "2001:0DB8:0001:0002::9", "2001:db8:1:2::" },
		{ "2001:db8:1:3::9", "2001:db8:1:3::" },
		{ "::1", "::" },
		{ "", "" },
		{ "unix:", "unix:" },
		{ "192.0.2.1.5", "192.0.2.1.5" }
	};
	char out[NETWORK_SIZE], shorter[4];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		network_of(rows[i].address, out, sizeof(out));
		assert_string_equal(out, rows[i].network);
	}
	network_of("unix:/run", shorter, sizeof(shorter));
	assert_string_equal(shorter, "uni");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
