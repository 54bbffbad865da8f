/* SPDX-License-Identifier: ISC */
/* Request bodies: checks their media type and length, and reads or discards
 * them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "http/body.h"

#define CHUNK 16384

/* True if the n bytes at s are the word, in upper or lower case. */
static bool
is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

/* application/json, or any type with the suffix +json (RFC 6839). */
static bool
is_json(const char *type, size_t n, enum body_rule rule)
{
	const char *slash = memchr(type, '/', n);

	return is_word(type, n, "application/json") ||
	    (rule == BODY_JSON && slash != NULL && type + n - 5 > slash + 1 &&
	    is_word(type + n - 5, 5, "+json"));
}

/* JSON is UTF-8 (RFC 8259 section 8.1): any other charset is rejected. */
static bool
charset_is_utf8(const char *params)
{
	size_t name, n;

	while (*params == ';') {
		params += 1 + strspn(params + 1, " \t");
		name = strcspn(params, "=;");
		if (params[name] != '=') {
			params += name;
			continue;
		}
		n = strcspn(params + name + 1, ";");
		if (is_word(params, name, "charset")) {
			const char *value = params + name + 1;

			while (n > 0 && strchr(" \t", value[n - 1]) != NULL)
				n--;
			if (n > 1 && value[0] == '"' && value[n - 1] == '"') {
				value++;
				n -= 2;
			}
			return is_word(value, n, "utf-8") ||
			    is_word(value, n, "utf8");
		}
		params += name + 1 + n;
	}
	return true;
}

static int
check_type(const struct req *req, enum body_rule rule, struct err *err)
{
	const char *type, *coding;
	size_t n, count;

	coding = http_header(req, "content-encoding", NULL);
	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return err_set(err, ERR_UNSUPPORTED,
		    "Content-Encoding: must be identity or omitted");
	type = http_header(req, "content-type", &count);
	if (type == NULL && rule == BODY_JSON)
		return 0;
	n = type == NULL ? 0 : strcspn(type, ";");
	while (n > 0 && strchr(" \t", type[n - 1]) != NULL)
		n--;
	if (count != 1 || !is_json(type, n, rule) ||
	    !charset_is_utf8(type + strcspn(type, ";")))
		return err_set(err, ERR_UNSUPPORTED,
		    "Content-Type: must be application/json in UTF-8");
	return 0;
}

/* Reads up to n bytes; fewer only at the end.  -1 if the body is truncated. */
static ssize_t
read_full(struct req *req, char *to, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n && !req->body_ended) {
		if ((r = req->read(req->ctx, to + got, n - got)) < 0)
			return -1;
		if (r == 0)
			req->body_ended = true;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* Rejects a body without a length: its end looks the same as a connection
 * that broke. */
static int
check_no_length(struct req *req, struct err *err)
{
	char byte;
	ssize_t got = read_full(req, &byte, 1);

	if (got < 0)
		return err_set(err, ERR_BAD_REQUEST, "body: truncated");
	if (got > 0)
		return err_set(err, ERR_LENGTH_REQUIRED,
		    "Content-Length: required with a body");
	req->body = "";
	return 0;
}

static int
read_bytes(struct req *req, size_t limit, struct err *err)
{
	size_t len;
	ssize_t got;
	char *body, over;

	if (req->length == HTTP_LENGTH_BAD)
		return err_set(err, ERR_BAD_REQUEST,
		    "Content-Length: must be a number");
	if (req->length == HTTP_LENGTH_NONE)
		return check_no_length(req, err);
	if ((uint64_t)req->length > limit)
		return err_set(err, ERR_TOO_LARGE,
		    "body: must be at most %zu bytes", limit);
	len = (size_t)req->length;
	body = arena_alloc(req->arena, len + 1);
	got = read_full(req, body, len);
	if (got < 0 || (size_t)got < len)
		return err_set(err, ERR_BAD_REQUEST,
		    "body: shorter than Content-Length");
	/* The end must follow: otherwise the web server counts the body's
	 * bytes differently. */
	if ((got = read_full(req, &over, 1)) != 0)
		return err_set(err, ERR_BAD_REQUEST, got < 0 ?
		    "body: truncated" : "body: longer than Content-Length");
	req->body = body;
	req->body_len = len;
	return 0;
}

void
body_discard(struct req *req)
{
	int64_t until = clock_ms() + HTTP_HURRY_MS;
	char chunk[CHUNK];
	size_t total = 0;
	ssize_t got = req->body_discarded ? -1 : 0;

	req->body_discarded = true;
	if (got == 0 && !req->body_ended && req->hurry != NULL)
		req->hurry(req->ctx);
	/* The time limit keeps a deliberately slow sender from occupying the
	 * thread: a body that has already arrived is read far faster than a
	 * byte a microsecond. */
	while (!req->body_ended && got >= 0 && total < BODY_DISCARD_MAX &&
	    clock_ms() < until + (int64_t)(total / 1000)) {
		got = req->read(req->ctx, chunk, sizeof(chunk));
		req->body_ended = got == 0;
		total += got > 0 ? (size_t)got : 0;
	}
}

int
body_read(struct req *req, enum body_rule rule, size_t limit, struct err *err)
{
	struct jsn_scan scan;

	if (rule == BODY_NONE) {
		body_discard(req);
		return 0;
	}
	if (rule == BODY_ANY)
		return read_bytes(req, limit, err);
	if (check_type(req, rule, err) < 0 || read_bytes(req, limit, err) < 0 ||
	    jsn_scan(req->body, req->body_len, JSN_DEPTH_MAX, &scan, err) < 0)
		return -1;
	req->body_type = scan.type;
	return 0;
}
