/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes HTML forms: the first line is a Content-Type, the first byte of the
 * second one chooses the cast, the rest is the body, which is also parsed as
 * URL-encoded pairs.  The output is one JSON object, without NULs if nothing
 * is cast; or empty.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsn.h"
#include "base/mem.h"
#include "fuzz.h"
#include "http/multipart.h"
#include "http/urlencoded.h"

static void
check(bool valid, const struct buf *b, size_t parts_max, bool nul)
{
	struct jsn_scan scan;
	struct err err;

	require(valid == (b->len > 0));
	if (!valid)
		return;
	require(jsn_scan(b->data, b->len, 4, &scan, &err) == 0);
	require(scan.type == JSN_OBJECT && scan.members <= parts_max);
	require(nul || !scan.nul);
}

static void
check_pairs(const char *text, size_t len)
{
	struct buf b;

	buf_init(&b);
	check(urlencoded_json(text, len, &b), &b, URLENCODED_PAIRS_MAX, false);
	buf_release(&b);
}

static void
check_parts(const char *type, const char *body, size_t len, unsigned options)
{
	enum cast cast = (enum cast)(options / 2 % CAST__COUNT);
	bool nul = cast == CAST_BINARY || cast == CAST_UTF8;
	struct buf b;

	buf_init(&b);
	check(multipart_json(type, body, len, cast, options % 2 == 1, &b), &b,
	    4 * MULTIPART_PARTS_MAX, nul);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *eol;
	char *type;
	size_t n;

	check_pairs(text, len);
	eol = len == 0 ? NULL : memchr(text, '\n', len);
	if (eol == NULL || eol + 1 == text + len)
		return 0;
	n = (size_t)(eol - text);
	type = mem_alloc(n + 1);
	memcpy(type, text, n);
	check_parts(type, eol + 2, len - n - 2, (unsigned char)eol[1]);
	free(type);
	return 0;
}
