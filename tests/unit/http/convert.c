/* SPDX-License-Identifier: ISC */
/* Runs a converter from a request body to JSON, and checks its output. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit.h"
#include "base/mem.h"
#include "convert.h"

bool
convert(convert_fn *fn, const void *ctx, const char *body, size_t len,
    unsigned depth, struct buf *out, struct jsn_scan *seen)
{
	static const char before[] = "before ";
	const size_t n = sizeof(before) - 1;
	char *exact = mem_alloc(len);
	struct err err;
	bool valid;

	memcpy(exact, body, len);
	memset(seen, 0, sizeof(*seen));
	buf_init(out);
	buf_addstr(out, before);
	valid = fn(ctx, exact, len, out);
	free(exact);
	assert_memory_equal(out->data, before, n);
	if (!valid)
		assert_int_equal(out->len, n);
	else if (jsn_scan(out->data + n, out->len - n, depth, seen, &err) < 0)
		fail_msg("%s: %s", out->data + n, err.text);
	assert_true(!valid || seen->type == JSN_OBJECT);
	out->len -= n;
	memmove(out->data, out->data + n, out->len + 1);
	return valid;
}

void
convert_slow(convert_fn *fn, const void *ctx, const char *head,
    const char *const *pieces, size_t n, const char *tail)
{
	clock_t since = clock();
	struct buf body, out;
	struct jsn_scan seen;
	size_t i, round;

	for (i = 0; i < n; i++) {
		buf_init(&body);
		buf_addstr(&body, head);
		while (body.len < 256 * 1024)
			buf_addstr(&body, pieces[i]);
		for (round = 0; round < 20; round++) {
			if (round == 19)
				buf_addstr(&body, tail);
			convert(fn, ctx, body.data, body.len, 4, &out, &seen);
			buf_release(&out);
		}
		buf_release(&body);
	}
	assert_true((clock() - since) / CLOCKS_PER_SEC < 10);
}
