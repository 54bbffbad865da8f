/* SPDX-License-Identifier: ISC */
/* Tests the names and values of quotas. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/quota.h"

/* Returns the JSON of one change, or the error's text; the buffer is reused. */
static const char *
parsed(const char *text)
{
	static char out[ERR_TEXT_SIZE];
	struct buf json;
	struct err err;

	buf_init(&json);
	jsn_write_object(&json, NULL);
	if (quota_parse(text, &json, &err) < 0) {
		assert_int_equal(err.code, ERR_USAGE);
		snprintf(out, sizeof(out), "%s", err.text);
	} else {
		jsn_write_end(&json, '}');
		snprintf(out, sizeof(out), "%s", json.data);
	}
	buf_release(&json);
	return out;
}

static void
test_parse(void **state)
{
	(void)state;
	assert_string_equal(parsed("callsPerSecond=20"),
	    "{\"callsPerSecond\":20}");
	assert_string_equal(parsed("storedBytes=9007199254740991"),
	    "{\"storedBytes\":9007199254740991}");
	assert_string_equal(parsed("hooks=none"), "{\"hooks\":null}");
	assert_string_equal(parsed("devices=0"), "{\"devices\":0}");
	assert_string_equal(parsed("devices=000"), "{\"devices\":0}");
	assert_string_equal(parsed("hooks=007"), "{\"hooks\":7}");
}

/* Every wrong value names the quota and its limits, every wrong name the
 * names. */
static void
test_wrong(void **state)
{
	static const char *const values[] = { "callsPerSecond=0",
	    "callsPerSecond=1000001", "callsPerSecond=-1", "callsPerSecond=",
	    "callsPerSecond=1.5", "callsPerSecond=1e3", "callsPerSecond= 1",
	    "callsPerSecond=+1", "callsPerSecond=1x", "callsPerSecond=None",
	    "callsPerSecond=99999999999999999999" };
	static const char *const names[] = { "", "=", "=1", "callsPerSecond",
	    "callspersecond=1", "calls=1", "callsPerSecondx=1", " hooks=1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_string_equal(parsed(values[i]), "callsPerSecond: must "
		    "be a whole number from 1 to 1000000, or \"none\"");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(parsed(names[i]), "--set: must be "
		    "NAME=VALUE, and NAME one of callsPerSecond, burst, "
		    "callsPerDay, storedBytes, hooks, devices");
}

static void
test_read(void **state)
{
	static const char json[] = "{\"burst\":5,\"devices\":0}";
	int64_t quotas[QUOTA__COUNT];
	struct jsn *object;
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(jsn_parse(json, strlen(json), &object, &err), 0);
	quota_read(object, quotas);
	for (i = 0; i < QUOTA__COUNT; i++)
		assert_int_equal(quotas[i], i == QUOTA_BURST ? 5 :
		    i == QUOTA_DEVICES ? 0 : QUOTA_NONE);
	jsn_free(&object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
