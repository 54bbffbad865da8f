/* SPDX-License-Identifier: ISC */
/* Tests which URLs are valid HTTP URLs. */
#include "../unit.h"
#include "http/url.h"

static const char *const good[] = {
	"http://a", "https://a", "HTTP://A", "hTTpS://a.b-c.example",
	"http://a/", "http://a?", "http://a#", "http://a?b", "http://a#b",
	"http://a/?#", "http://a/b;c=1/:@!$&'()*+,=~._-/d?e=/?:@#f/?:@",
	"http://a:", "http://a:/", "http://a:0", "http://a:65535/x",
	"http://127.0.0.1:8080/", "http://[::1]", "http://[::1]:80/",
	"http://[::ffff:10.0.0.1]/", "http://a%20b/", "http://a/%C3%BC%2f",
	"http://a?%00#%ff", "http://xn--nxasmq6b/"
};

static const char *const bad[] = {
	"", "h", "http", "http:", "http:/", "http://", "https://", "httpx://a",
	"//a", "/a", "a", "a.b", "ftp://a", "file:///a", "javascript:x",
	" http://a", "http ://a", "http://a ", "http:// a", "http:///a",
	"http://?a", "http://#a", "http://:80", "http://u@a", "http://u:p@a/",
	"http://a:x", "http://a:-1", "http://a:65536", "http://a:000080",
	"http://a:80x", "http://a:99999999999999999999/", "http://[",
	"http://[]",
	"http://[:]", "http://[::1", "http://[::1]x", "http://[g::]",
	"http://a]b", "http://a/ b", "http://a/<", "http://a/\"", "http://a/\\",
	"http://a\\b", "http://a/^", "http://a/`", "http://a/{}", "http://a/|",
	"http://a/[", "http://a/%", "http://a/%2", "http://a/%2g", "http://a%",
	"http://a/#b#c", "http://a/\n", "http://a\t", "http://a/\x7f",
	"http://\xc3\xbc/", "http://a/\xc3\xbc"
};

static void
test_good(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(good); i++)
		if (!url_is_http(good[i]))
			fail_msg("good[%zu]: %s", i, good[i]);
}

static void
test_bad(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++)
		if (url_is_http(bad[i]))
			fail_msg("bad[%zu]: %s", i, bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad)
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
