/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes FastCGI records: in any pieces they are the same events with the same
 * content, and the variables of each request are decoded within their memory.
 * The first byte is the size of the pieces.
 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "creel/record.h"
#include "fuzz.h"

/* Reads the input in pieces; events and content are appended to out. */
static void
read_all(const uint8_t *data, size_t size, size_t piece, struct buf *out,
    struct buf *params)
{
	struct record_reader reader = { .n_header = 0 };
	struct record_input in = { NULL, 0 };
	enum record_event event = RECORD_MORE;
	struct buf body;

	buf_init(&body);
	while (size > 0 && event != RECORD_MALFORMED) {
		in.n = size < piece ? size : piece;
		in.p = (const char *)data;
		data += in.n;
		size -= in.n;
		while ((event = record_next(&reader, &in)) != RECORD_MORE) {
			if (event == RECORD_PARAMS)
				buf_add(params, reader.data, reader.len);
			else if (event == RECORD_BODY)
				buf_add(&body, reader.data, reader.len);
			else
				buf_addch(out, (char)event);
			if (event == RECORD_REPLY)
				buf_add(out, reader.data, reader.len);
			if (event == RECORD_MALFORMED)
				break;
			require(event == RECORD_MORE ||
			    reader.n_header <= RECORD_HEADER_SIZE);
		}
		require(event == RECORD_MALFORMED || in.n == 0);
	}
	buf_add(out, body.data, body.len);
	buf_release(&body);
}

static void
decode(const struct buf *params)
{
	/* A block of its own: the sanitizer sees what is beyond it. */
	char *copy = mem_alloc(params->len), **env;
	ssize_t n, i;

	memcpy(copy, params->data, params->len);
	n = record_params(copy, params->len, NULL);
	require(memcmp(copy, params->data, params->len) == 0);
	if (n > 0) {
		env = mem_alloc((size_t)n * sizeof(*env));
		require(record_params(copy, params->len, env) == n);
		for (i = 0; i < n; i++)
			require(strchr(env[i], '=') != NULL);
		free(env);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, parts, params, other;

	if (size == 0)
		return 0;
	buf_init(&whole);
	buf_init(&parts);
	buf_init(&params);
	buf_init(&other);
	read_all(data + 1, size - 1, SIZE_MAX, &whole, &params);
	read_all(data + 1, size - 1, data[0] % 32 + 1, &parts, &other);
	require(whole.len == parts.len &&
	    memcmp(whole.data, parts.data, whole.len) == 0);
	require(params.len == other.len &&
	    memcmp(params.data, other.data, params.len) == 0);
	decode(&params);
	buf_release(&whole);
	buf_release(&parts);
	buf_release(&params);
	buf_release(&other);
	return 0;
}
