/* SPDX-License-Identifier: ISC */
/* Tests responses on their way to a web server that reads slowly. */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "creel/outgoing.h"
#include "creel/record.h"

#define ID 3

static int ends[2];
static struct outgoing out;

static int
setup(void **state)
{
	static const int small = 4608;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
	    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof(small)) < 0)
		return -1;
	memset(&out, 0, sizeof(out));
	outgoing_init(&out, ends[0]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	outgoing_release(&out);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* Reads n bytes of the response's text, and its records, up to step bytes at a
 * time.  Returns true if they are the text of a whole response. */
static bool
arrives(const char *text, size_t n, size_t step)
{
	struct buf got;
	unsigned char *at;
	char part[8192];
	size_t len, done = 0;
	ssize_t r;

	buf_init(&got);
	do {
		r = recv(ends[1], part, step, MSG_DONTWAIT);
		if (r > 0)
			buf_add(&got, part, (size_t)r);
		outgoing_flush(&out);
	} while (r > 0);
	at = (unsigned char *)got.data;
	while (done <= n && at[1] == 6 && (len = (size_t)at[4] << 8 | at[5]) > 0) {
		done += at[0] != 1 || at[3] != ID || at[6] != 0 ||
		    len > n - done || memcmp(at + 8, text + done, len) != 0 ?
		    2 * n + 1 : len;
		at += 8 + len;
	}
	record_end(part, ID);
	done += memcmp(at, part, RECORD_END_SIZE) != 0 ||
	    (char *)at + RECORD_END_SIZE != got.data + got.len;
	buf_release(&got);
	return done == n;
}

/* A head and a body of all sizes around those of records. */
static void
test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 65534, 65535, 65536,
	    131070, 200000 };
	char *text = malloc(2 * 200000);
	size_t i, j, k;

	(void)state;
	for (i = 0; i < 2 * 200000; i++)
		text[i] = (char)(i * 7 + i / 251);
	for (i = 0; i < LENGTH(sizes); i++)
		for (j = 0; j < LENGTH(sizes); j++) {
			outgoing_begin(&out);
			buf_add(&out.text, text, sizes[i]);
			for (k = 0; k < sizes[j]; k += 70000)
				outgoing_put(&out, ID, text + sizes[i] + k,
				    sizes[j] - k < 70000 ? sizes[j] - k :
				    70000, false);
			assert_false(out.ended);
			outgoing_put(&out, ID, "", 0, true);
			assert_true(out.ended);
			if (!arrives(text, sizes[i] + sizes[j], 1 + i * 1000))
				fail_msg("sizes %zu, %zu", sizes[i], sizes[j]);
			assert_false(out.failed);
			assert_int_equal(outgoing_flush(&out), 0);
		}
	free(text);
}

static void
test_closed(void **state)
{
	static const char text[10000];

	(void)state;
	outgoing_begin(&out);
	outgoing_put(&out, ID, text, sizeof(text), false);
	assert_true(outgoing_flush(&out) > 0);
	shutdown(ends[1], SHUT_RDWR);
	outgoing_flush(&out);
	assert_true(out.failed);
	outgoing_put(&out, ID, text, sizeof(text), true);
	assert_true(out.failed);
	outgoing_begin(&out);
	assert_int_equal(outgoing_flush(&out), 0);
	outgoing_put(&out, ID, text, sizeof(text), true);
	assert_true(out.failed);
	assert_int_equal(outgoing_flush(&out), 0);
	outgoing_trim(&out, 100);
	assert_int_equal(out.left.size, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_sizes),
	    TEST(test_closed) };

	return cmocka_run_group_tests_name("outgoing", tests, NULL, NULL);
}
