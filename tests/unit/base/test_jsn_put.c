/* SPDX-License-Identifier: ISC */
/* Tests strings that are written as JSON: escapes and broken UTF-8. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/jsn.h"
#include "base/mem.h"
#include "text.h"

static void
test_put_string(void **state)
{
	static const struct {
		struct text text;
		const char *put;
		const char *utf8;	/* NULL: the text itself */
	} cases[] = {
		{ T(""), "\"\"", NULL },
		{ T("plain /'"), "\"plain /'\"", NULL },
		{ T("\"\\"), "\"\\\"\\\\\"", NULL },
		{ T("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"", NULL },
		{ T("\x01\x1f\x7f"), "\"\\u0001\\u001F\x7f\"", NULL },
		{ T("a\0b"), "\"a\xef\xbf\xbd" "b\"", "a\xef\xbf\xbd" "b" },
		{ T("\xc3\xa9\xf0\x9f\x98\x80"),
		    "\"\xc3\xa9\xf0\x9f\x98\x80\"", NULL },
		{ T("\xe9t\xe9"), "\"\xc3\xa9t\xc3\xa9\"",
		    "\xc3\xa9t\xc3\xa9" },
		{ T("\xc0\x80"), "\"\xc3\x80\xc2\x80\"", "\xc3\x80\xc2\x80" },
		{ T("\xed\xa0\x80"), "\"\xc3\xad\xc2\xa0\xc2\x80\"",
		    "\xc3\xad\xc2\xa0\xc2\x80" },
		{ T("x\xc3"), "\"x\xc3\x83\"", "x\xc3\x83" }
	};
	struct jsn_scan out;
	struct err err;
	struct buf b;
	size_t i;
	char *p;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LENGTH(cases); i++) {
		b.len = 0;
		/* Without a NUL at its end, so that a sanitizer reports reads
		 * beyond it. */
		p = mem_alloc(cases[i].text.len);
		memcpy(p, cases[i].text.data, cases[i].text.len);
		jsn_put_string(&b, p, cases[i].text.len);
		if (strcmp(b.data, cases[i].put) != 0)
			fail_msg("cases[%zu]: %s", i, b.data);
		if (jsn_scan(b.data, b.len, 1, &out, &err) < 0 || out.nul)
			fail_msg("cases[%zu] is not JSON", i);
		buf_release(&b);
		jsn_put_utf8(&b, p, cases[i].text.len);
		free(p);
		if (strcmp(b.data, cases[i].utf8 != NULL ? cases[i].utf8 :
		    cases[i].text.data) != 0)
			fail_msg("cases[%zu], UTF-8: %s", i, b.data);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_string)
	};

	return cmocka_run_group_tests_name("jsn_put", tests, NULL, NULL);
}
