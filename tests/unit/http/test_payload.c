/* SPDX-License-Identifier: ISC */
/* Tests payloads: Base64 in both alphabets, and malformed input. */
#include <string.h>

#include "../unit.h"
#include "http/payload.h"

static const struct {
	const char *text;
	const char *value;	/* NULL: rejected */
} cases[] = {
	/* RFC 4648, section 10; with padding and without. */
	{ "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "Zg", "f" }, { "Zm8", "fo" }, { "Zm9vYg", "foob" },
	/* Both alphabets, and a blank that was a plus. */
	{ "Pz4+", "?>>" }, { "Pz4-", "?>>" }, { "Pz4 Pz4=", "?>>?>" },
	{ "Pz8/", "???" }, { "Pz8_", "???" }, { "-_+/", "\xfb\xff\xbf" },
	/* Line ends, and blanks around the text. */
	{ "Zm\r\n9v\n", "foo" }, { "\tZm9v", "foo" }, { " Zm9v ", "foo" },
	{ "Zg=\n=", "f" }, { "Zg==\n", "f" }, { " \n Zg== \r\n", "f" },
	/* Empty. */
	{ "", NULL }, { " ", NULL }, { "\n", NULL }, { "=", NULL },
	{ "====", NULL },
	/* Impossible lengths, and wrong padding. */
	{ "Z", NULL }, { "Zm9vY", NULL }, { "Z===", NULL }, { "Zg=", NULL },
	{ "Zg===", NULL }, { "Zm8==", NULL }, { "Zm9v=", NULL },
	{ "Zm9v====", NULL }, { "Zg==Zg==", NULL }, { "Z=g=", NULL },
	{ "=Zg=", NULL }, { "Zm8=x", NULL },
	/* Bits beyond the last byte. */
	{ "Zh==", NULL }, { "Zh", NULL }, { "Zm9", NULL }, { "Zm9=", NULL },
	/* Other characters. */
	{ "Zm9v!", NULL }, { "Zm9.", NULL }, { "Zm9%", NULL },
	{ "Zm,9v", NULL }, { "Zm9\xc3\xbc", NULL },
	{ "Zm9v\x01", NULL }, { "Zm9v\v", NULL },
	/* Escapes of a value that was encoded twice, but not more often. */
	{ "Zm%39v", "foo" }, { "Zg%3D%3D", "f" }, { "Zg%3d=", "f" },
	{ "Pz4%2B", "?>>" }, { "Pz4%20", "?>" }, { "Pz4%20Pz4=", "?>>?>" },
	{ "Pz8%2F", "???" }, { "%5a%6D9v%0d%0A", "foo" }, { "Pz4+%3D", NULL },
	{ "Zm9v%", NULL }, { "Zm9v%3", NULL }, { "Zm9v%zz", NULL },
	{ "Zg%253D%253D", NULL }, { "Zm9v%00", NULL }, { "%00", NULL },
	{ "%", NULL }, { "%25", NULL }
};

static void
test_cases(void **state)
{
	struct arena arena = ARENA_INIT;
	struct err err;
	char *out;
	size_t i, len;
	bool good;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		err.code = ERR_NONE;
		good = payload_decode(&arena, cases[i].text, &out, &len,
		    &err) == 0;
		if (good != (cases[i].value != NULL) ||
		    (good && (len != strlen(cases[i].value) ||
		    strcmp(out, cases[i].value) != 0)) ||
		    (!good && err.code != ERR_BAD_REQUEST))
			fail_msg("cases[%zu]: %s", i, cases[i].text);
	}
	arena_release(&arena);
}

/* A NUL may occur anywhere. */
static void
test_nul(void **state)
{
	struct arena arena = ARENA_INIT;
	struct err err;
	char *out;
	size_t len;

	(void)state;
	assert_int_equal(payload_decode(&arena, "AAAA", &out, &len, &err), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(out, "\0\0\0", 4);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_nul)
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
