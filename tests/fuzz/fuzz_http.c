/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes a request: CGI variables, one a line, an empty line, and the body.
 */
#include <string.h>

#include "creel/routes.h"
#include "fuzz.h"
#include "http/body.h"
#include "http/route.h"

#define ENV_MAX (HTTP_HEADERS_MAX + 16)
#define LIMIT 4096

struct source {
	const char *at;
	size_t left;
};

/* Reads the variables, and the empty line behind them. */
static void
read_environment(struct arena *arena, struct source *s, char **env)
{
	size_t len, i = 0;
	const char *end;

	while (s->left > 0 && *s->at != '\n' && i < ENV_MAX - 1) {
		end = memchr(s->at, '\n', s->left);
		len = end == NULL ? s->left : (size_t)(end - s->at);
		env[i++] = arena_copy(arena, s->at, len);
		len += end != NULL;
		s->at += len;
		s->left -= len;
	}
	if (s->left > 0 && *s->at == '\n') {
		s->at++;
		s->left--;
	}
}

static void
check_route(struct req *req)
{
	const struct dialect *dialect = NULL;
	enum route_match match = route_find(routes, req, &dialect);
	const char *allow = route_allow(routes, req), *p;
	size_t i;

	require(dialect != NULL);
	require((match == ROUTE_FOUND) <= (req->route != NULL));
	require((match == ROUTE_OTHER_METHOD || match == ROUTE_FOUND) <=
	    (strcmp(allow, "OPTIONS") != 0));
	for (i = 0; match == ROUTE_FOUND && i < HTTP_PARAMS_MAX; i++)
		for (p = req->params[i]; p != NULL && *p != '\0'; p++)
			require((unsigned char)*p >= ' ' && *p != 0x7f);
}

/* Adds the body in pieces of growing and shrinking size. */
static int
receive(struct req *req, struct source s, struct err *err)
{
	size_t n;

	req->body_rule = BODY_JSON;
	req->body_limit = LIMIT;
	body_set(req, "", 0);
	if (body_begin(req, err) < 0)
		return -1;
	for (; s.left > 0; s.at += n, s.left -= n) {
		n = s.left % 13 + 1;
		n = n < s.left ? n : s.left;
		if (body_add(req, s.at, n, err) < 0)
			return -1;
	}
	return body_end(req, err);
}

static void
check_body(struct req *req, const struct source *s)
{
	struct err err;

	if (receive(req, *s, &err) == 0) {
		require(req->raw_len == s->left);
		require(req->length == (int64_t)s->left);
		require(req->body_len <= LIMIT && req->body_type != JSN_NONE);
		require(memcmp(req->raw, s->at, s->left) == 0);
	} else {
		require(req->body_type == JSN_NONE);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct source s = { (const char *)data, len };
	struct arena arena = ARENA_INIT;
	static const struct services services;
	struct req req = { .services = &services, .arena = &arena };
	char *env[ENV_MAX] = { NULL };
	struct err err;

	read_environment(&arena, &s, env);
	if (http_parse(&req, env, &err) < 0)
		require(err.code == ERR_BAD_REQUEST);
	require(strlen(req.id) == ID_UUID_SIZE - 1);
	check_route(&req);
	http_etag_matches(http_header(&req, "if-none-match", NULL), "\"a,b\"");
	check_body(&req, &s);
	arena_release(&arena);
	return 0;
}
