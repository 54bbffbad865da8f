/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes content: the first line is a Content-Type, the second a
 * Content-Encoding, the first byte of the third chooses the cast, the rest is
 * the body.  Decoded, it keeps the limit; what it reads as is JSON or text, as
 * the database requires.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsn.h"
#include "fuzz.h"
#include "http/coding.h"
#include "http/content.h"

#define LIMIT 4096

static bool
is_json(const char *text, size_t len)
{
	struct jsn_scan scan;
	struct err err;

	return jsn_scan(text, len, JSN_DEPTH_MAX, &scan, &err) == 0;
}

static void
check_content(const struct req *req, const struct content *content)
{
	require((content->value != NULL) ==
	    (content->reading == READING_VALUE));
	require((content->reading == READING_NOTHING) == (req->raw_len == 0));
	if (content->reading == READING_VALUE)
		require(is_json(content->value, strlen(content->value)));
	if (content->reading == READING_JSON)
		require(is_json(req->raw, req->raw_len));
	if (content->reading == READING_TEXT)
		require(jsn_is_utf8(req->raw, req->raw_len) &&
		    memchr(req->raw, '\0', req->raw_len) == NULL);
}

/* Returns a line, without its end, and steps over it. */
static const char *
line_read(struct arena *arena, const char **at, const char *end)
{
	const char *line = *at, *eol = memchr(line, '\n', (size_t)(end - line));

	*at = eol == NULL ? end : eol + 1;
	return arena_copy(arena, line, (size_t)((eol == NULL ? end : eol) -
	    line));
}

static void
header_add(struct req *req, const char *name, const char *value)
{
	if (*value != '\0')
		req->headers[req->n_headers++] = (struct header){ name, value };
}

static bool
decode(struct req *req)
{
	struct codings codings;
	struct err err;

	if (codings_read(req, &codings, &err) < 0) {
		require(err.code == ERR_UNSUPPORTED);
		return false;
	}
	if (codings_decode(&codings, req->arena, LIMIT, &req->body,
	    &req->body_len, &err) < 0) {
		require(err.code == ERR_TOO_LARGE ||
		    err.code == ERR_BAD_REQUEST);
		return false;
	}
	require(req->body_len <= LIMIT || req->body == req->raw);
	require(req->body[req->body_len] == '\0');
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data, *end = at + len;
	struct arena arena = ARENA_INIT;
	struct req req = { .arena = &arena };
	struct content content;
	unsigned options;

	header_add(&req, "content-type", line_read(&arena, &at, end));
	header_add(&req, "content-encoding", line_read(&arena, &at, end));
	options = at < end ? (unsigned char)*at++ : 0;
	req.raw = req.body = arena_copy(&arena, at, (size_t)(end - at));
	req.raw_len = req.body_len = (size_t)(end - at);
	if (req.raw_len == 0 || decode(&req)) {
		content_any(&req, (enum cast)(options / 2 % CAST__COUNT),
		    options % 2 == 1, &content);
		check_content(&req, &content);
	}
	arena_release(&arena);
	return 0;
}
