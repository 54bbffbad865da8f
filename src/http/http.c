/* SPDX-License-Identifier: ISC */
/* Requests and responses: reads a request from CGI variables, and writes a
 * response's head. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/hex.h"
#include "http/http.h"

/* CGI variables that are stored in struct req as they are. */
static const struct {
	const char *name;
	size_t offset;
} variables[] = {
	{ "REQUEST_METHOD", offsetof(struct req, method) },
	{ "REQUEST_URI", offsetof(struct req, path) },
	{ "REMOTE_ADDR", offsetof(struct req, remote) },
	{ "REQUEST_SCHEME", offsetof(struct req, scheme) },
	{ "PUSH_LOCATION", offsetof(struct req, listen) }
};

/* True if the n bytes at s are the name. */
static bool
is_name(const char *s, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(s, name, n) == 0;
}

static int64_t
parse_length(const char *s)
{
	char *end;
	long long n;

	if (*s == '\0')
		return HTTP_LENGTH_NONE;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (!isdigit((unsigned char)*s) || *end != '\0' || errno != 0)
		return HTTP_LENGTH_BAD;
	return n;
}

static int
add_header(struct req *req, const char *name, size_t len, const char *value,
    struct err *err)
{
	struct header *h;
	char *lower;
	size_t i;

	if (req->n_headers == HTTP_HEADERS_MAX)
		return err_set(err, ERR_BAD_REQUEST,
		    "headers: must be at most %d", HTTP_HEADERS_MAX);
	lower = arena_copy(req->arena, name, len);
	for (i = 0; i < len; i++)
		lower[i] = lower[i] == '_' ? '-' :
		    (char)tolower((unsigned char)lower[i]);
	h = &req->headers[req->n_headers++];
	h->name = lower;
	h->value = value;
	return 0;
}

/* Stores "HTTP_X_NAME=value"; name is the part after "HTTP_". */
static int
store_header(struct req *req, const char *name, size_t n, const char *value,
    struct err *err)
{
	/* Some servers pass these twice: with and without HTTP_. */
	if (is_name(name, n, "CONTENT_TYPE") ||
	    is_name(name, n, "CONTENT_LENGTH"))
		return 0;
	return add_header(req, name, n, value, err);
}

static int
store_variable(struct req *req, const char *entry, struct err *err)
{
	static const char http[] = "HTTP_";
	const size_t prefix = sizeof(http) - 1;
	const char *equals = strchr(entry, '='), *value;
	size_t n, i;

	if (equals == NULL)
		return 0;
	n = (size_t)(equals - entry);
	value = equals + 1;
	if (n >= prefix && memcmp(entry, http, prefix) == 0)
		return store_header(req, entry + prefix, n - prefix, value,
		    err);
	/* Apache's modules each set only one of HTTPS and REQUEST_SCHEME. */
	if (is_name(entry, n, "HTTPS") && strcasecmp(value, "on") == 0)
		req->scheme = "https";
	if (is_name(entry, n, "CONTENT_LENGTH"))
		req->length = parse_length(value);
	if (is_name(entry, n, "CONTENT_TYPE") && *value != '\0')
		return add_header(req, entry, n, value, err);
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (is_name(entry, n, variables[i].name))
			*(const char **)(void *)((char *)req +
			    variables[i].offset) = value;
	return 0;
}

/* Splits the request target into path and query, and removes scheme and host of
 * the absolute form ("http://host/path", RFC 9112 section 3.2.2). */
static void
split_target(struct req *req)
{
	const char *path = req->path, *query, *host;

	if (*path != '/' && (host = strstr(path, "://")) != NULL)
		path = host + 3 + strcspn(host + 3, "/?");
	query = strchr(path, '?');
	req->query = query == NULL ? "" : query + 1;
	req->path = query == NULL ? path :
	    arena_copy(req->arena, path, (size_t)(query - path));
}

int
http_parse(struct req *req, char *const *env, struct err *err)
{
	size_t size = 0;
	int rc = 0;

	id_event(req->id);
	req->method = req->path = req->remote = req->query = req->scheme =
	    req->listen = "";
	req->length = HTTP_LENGTH_NONE;
	for (; *env != NULL; env++) {
		size += strlen(*env);
		if (store_variable(req, *env, err) < 0)
			rc = -1;
	}
	split_target(req);
	if (rc == 0 && size > HTTP_HEAD_MAX)
		rc = err_set(err, ERR_BAD_REQUEST,
		    "headers: must be at most %d bytes", HTTP_HEAD_MAX);
	if (rc == 0 && (*req->method == '\0' || *req->path == '\0'))
		rc = err_set(err, ERR_BAD_REQUEST, "%s: required",
		    *req->method == '\0' ? "method" : "path");
	return rc;
}

const char *
http_header(const struct req *req, const char *name, size_t *count)
{
	const char *value = NULL;
	size_t i, n = 0;

	for (i = 0; i < req->n_headers; i++) {
		if (strcmp(req->headers[i].name, name) != 0)
			continue;
		if (n++ == 0)
			value = req->headers[i].value;
	}
	if (count != NULL)
		*count = n;
	return value;
}

bool
http_is_head(const struct req *req)
{
	return strcmp(req->method, "HEAD") == 0;
}

bool
http_is_authority(const char *s)
{
	/* No character that would end them. */
	return *s != '\0' && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.:-_~[]")] == '\0';
}

const char *
http_public_url(struct arena *arena, const struct conf *conf)
{
	size_t n = strlen(conf->public_url);

	while (n > 0 && conf->public_url[n - 1] == '/')
		n--;
	return arena_copy(arena, conf->public_url, n);
}

const char *
http_base(const struct req *req)
{
	const char *url = http_public_url(req->arena, req->services->conf);
	const char *host = http_header(req, "host", NULL);

	if (*url != '\0')
		return url;
	if (host == NULL || !http_is_authority(host))
		return "";
	return arena_printf(req->arena, "%s://%s",
	    strcasecmp(req->scheme, "https") == 0 ? "https" : "http", host);
}

char *
http_decode(struct arena *arena, const char *in, size_t n)
{
	char *out = arena_copy(arena, in, n), *to = out;
	const char *end = in + n;
	int high, low;

	while (in < end) {
		unsigned char c = (unsigned char)*in++;

		if (c == '%') {
			if (end - in < 2 || (high = hex_value(in[0])) < 0 ||
			    (low = hex_value(in[1])) < 0)
				return NULL;
			c = (unsigned char)(high << 4 | low);
			in += 2;
		}
		if (c < ' ' || c == 0x7f)
			return NULL;
		*to++ = (char)c;
	}
	*to = '\0';
	return out;
}

void
http_set(struct resp *resp, const char *name, const char *value)
{
	struct header *h;

	/* The handlers set a few fixed headers: more is a bug in Creel. */
	if (resp->n_headers == HTTP_RESPONSE_HEADERS_MAX)
		abort();
	h = &resp->headers[resp->n_headers++];
	h->name = name;
	h->value = value;
}

const struct header *
http_get(const struct resp *resp, const char *name)
{
	size_t i;

	for (i = 0; i < resp->n_headers; i++)
		if (strcasecmp(resp->headers[i].name, name) == 0)
			return &resp->headers[i];
	return NULL;
}

void
http_body(struct resp *resp, const char *type, const char *body, size_t len)
{
	if (type != NULL)
		http_set(resp, "Content-Type", type);
	resp->body = body;
	resp->body_len = len;
}

void
http_json(struct resp *resp, const char *json)
{
	http_body(resp, "application/json", json, strlen(json));
}

const char *
http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
		{ 205, "Reset Content" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 408, "Request Timeout" }, { 409, "Conflict" },
		{ 411, "Length Required" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 499, "Client Closed Request" },
		{ 501, "Not Implemented" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" }
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

bool
http_has_content(int status)
{
	return status >= 200 && status != 204 && status != 205 && status != 304;
}

void
http_finish(const struct req *req, struct resp *resp)
{
	size_t i, n = 0;

	resp->head = http_is_head(req) || !http_has_content(resp->status);
	if (http_has_content(resp->status))
		return;
	resp->body = NULL;
	resp->body_len = 0;
	for (i = 0; i < resp->n_headers; i++)
		if (strcasecmp(resp->headers[i].name, "Content-Type") != 0)
			resp->headers[n++] = resp->headers[i];
	resp->n_headers = n;
}

void
http_head(const struct resp *resp, struct buf *out)
{
	size_t i;

	buf_printf(out, "Status: %d %s\r\n", resp->status,
	    http_reason(resp->status));
	for (i = 0; i < resp->n_headers; i++) {
		buf_addstr(out, resp->headers[i].name);
		buf_addstr(out, ": ");
		buf_addstr(out, resp->headers[i].value);
		buf_addstr(out, "\r\n");
	}
	/* RFC 9110 section 8.6: a 204 has no Content-Length, and that of a 304
	 * would have to be the length of the full representation.  A 205 needs
	 * it (section 15.3.6). */
	if (resp->status != 204 && resp->status != 304 && resp->piece == NULL)
		buf_printf(out, "Content-Length: %zu\r\n", resp->body_len);
	buf_addstr(out, "\r\n");
}

/* Returns the opaque part of an entity tag: weak comparison ignores "W/". */
static const char *
opaque(const char *tag)
{
	return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool
http_etag_matches(const char *list, const char *etag)
{
	size_t len = strlen(opaque(etag));

	if (list == NULL)
		return false;
	for (;;) {
		list += strspn(list, " \t,");
		if (*list == '\0')
			return false;
		if (*list == '*')
			return true;
		list = opaque(list);
		if (strncmp(list, opaque(etag), len) == 0)
			return true;
		/* Skips a quoted tag, which may hold commas, or a word. */
		if (*list == '"')
			list += 1 + strcspn(list + 1, "\"");
		list += strcspn(list, ",");
	}
}
