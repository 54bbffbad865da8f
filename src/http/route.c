/* SPDX-License-Identifier: ISC */
/* Routes: finds the row of a table that serves a method and path. */
#include <string.h>

#include "base/buf.h"
#include "http/route.h"

static bool
serves_head(const struct route *row)
{
	return strcmp(row->method, "GET") == 0 && !(row->auth & AUTH_NO_HEAD);
}

/* True if the row serves this method; HEAD is a GET without its body. */
static bool
method_fits(const struct route *row, const char *method)
{
	return strcmp(row->method, method) == 0 ||
	    (strcmp(row->method, "ANY") == 0 &&
	    strcmp(method, "OPTIONS") != 0) ||
	    (serves_head(row) && strcmp(method, "HEAD") == 0);
}

/* True if the rest of a pattern matches any rest of a path. */
static bool
takes_rest(const char *pattern)
{
	return strcmp(pattern, "/*") == 0;
}

/* The parts of a path that a pattern matched, as they were sent. */
struct taken {
	const char *params[HTTP_PARAMS_MAX];	/* ended by NULL if fewer */
	size_t lengths[HTTP_PARAMS_MAX];
	const char *rest;
};

/*
 * Matches a path against a pattern, segment by segment: ":name" matches any
 * segment that is not empty, a star as the last segment matches the rest, which
 * may be empty, and all other segments must be equal.  Without a star, one
 * slash at the end of the path is ignored: senders append it to the URLs that
 * they are given.
 */
static bool
pattern_matches(const char *pattern, const char *path, struct taken *out)
{
	size_t want, have, n = 0;

	while (*pattern == '/' && *path == '/' && !takes_rest(pattern)) {
		want = strcspn(++pattern, "/");
		have = strcspn(++path, "/");
		if (*pattern == ':') {
			if (have == 0)
				return false;
			/* A unit test checks that no row has more names. */
			if (n < HTTP_PARAMS_MAX) {
				out->params[n] = path;
				out->lengths[n++] = have;
			}
		} else if (want != have || memcmp(pattern, path, have) != 0) {
			return false;
		}
		pattern += want;
		path += have;
	}
	/* Ends the list: a pattern with more names may have matched partly. */
	if (n < HTTP_PARAMS_MAX)
		out->params[n] = NULL;
	out->rest = path;
	return takes_rest(pattern) ? *path == '/' || *path == '\0' :
	    *pattern == '\0' && (*path == '\0' || strcmp(path, "/") == 0);
}

/* Returns whether the row exists for this client. */
static bool
row_shows(const struct route *row, const struct req *req)
{
	const char *list, *found;
	size_t n = strlen(req->remote);

	if (row->auth != AUTH_ADDRESS)
		return true;
	/* Without a configuration no address is allowed. */
	if (req->services->conf == NULL || strchr(req->remote, ' ') != NULL)
		return false;
	for (list = req->services->conf->metrics_allow; n > 0 &&
	    (found = strstr(list, req->remote)) != NULL; list = found + n)
		if ((found == list || found[-1] == ' ') &&
		    (found[n] == ' ' || found[n] == '\0'))
			return true;
	return false;
}

static bool
same_first_segment(const char *pattern, const char *path)
{
	size_t n = strcspn(pattern + 1, "/") + 1;

	return strncmp(pattern, path, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

const struct route *
route_first(const struct route *const *tables, const char *path)
{
	const struct route *const *table, *row;

	for (table = tables; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (same_first_segment(row->pattern, path))
				return row;
	return NULL;
}

/* Returns the dialect for a path that no row serves. */
static const struct dialect *
dialect_for(const struct route *const *tables, const char *path)
{
	const struct route *row = route_first(tables, path);

	return row == NULL ? (*tables)->dialect : row->dialect;
}

static bool
decode_params(struct req *req, const struct taken *taken)
{
	size_t i;

	req->rest = taken->rest;
	for (i = 0; i < HTTP_PARAMS_MAX && taken->params[i] != NULL; i++) {
		req->params[i] = http_decode(req->arena, taken->params[i],
		    taken->lengths[i]);
		if (req->params[i] == NULL)
			return false;
	}
	return true;
}

enum route_match
route_find(const struct route *const *tables, struct req *req,
    const struct dialect **dialect)
{
	enum route_match found = ROUTE_UNKNOWN;
	const struct route *const *table, *row;
	struct taken taken;

	*dialect = dialect_for(tables, req->path);
	if (http_decode(req->arena, req->path, strlen(req->path)) == NULL)
		return ROUTE_MALFORMED;
	for (table = tables; *table != NULL; table++) {
		for (row = *table; row->method != NULL; row++) {
			if (!pattern_matches(row->pattern, req->path,
			    &taken) || !row_shows(row, req))
				continue;
			*dialect = row->dialect;
			found = ROUTE_OTHER_METHOD;
			if (!method_fits(row, req->method))
				continue;
			req->route = row;
			return decode_params(req, &taken) ?
			    ROUTE_FOUND : ROUTE_MALFORMED;
		}
	}
	return found;
}

/* Appends a method that is not there yet; no name is part of another. */
static void
method_add(struct buf *allow, const char *method)
{
	if (strstr(allow->data, method) == NULL)
		buf_printf(allow, "%s, ", method);
}

static void
methods_add(struct buf *allow, const struct route *row)
{
	static const char *const any[] = { "GET", "HEAD", "POST", "PUT",
	    "PATCH", "DELETE", NULL };
	const char *const own[] = { row->method,
	    serves_head(row) ? "HEAD" : NULL, NULL };
	const char *const *method =
	    strcmp(row->method, "ANY") == 0 ? any : own;

	for (; *method != NULL; method++)
		if (strcmp(*method, "OPTIONS") != 0)
			method_add(allow, *method);
}

char *
route_allow(const struct route *const *tables, const struct req *req)
{
	const struct route *const *table, *row;
	struct taken taken;
	struct buf allow;

	buf_init(&allow);
	for (table = tables; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (pattern_matches(row->pattern, req->path,
			    &taken) && row_shows(row, req))
				methods_add(&allow, row);
	buf_addstr(&allow, "OPTIONS");
	return arena_take(req->arena, &allow);
}

char *
route_allow_below(const struct route *const *tables, const char *path,
    struct arena *arena)
{
	const struct route *const *table, *row;
	struct buf allow;

	buf_init(&allow);
	for (table = tables; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (same_first_segment(row->pattern, path))
				methods_add(&allow, row);
	buf_addstr(&allow, "OPTIONS");
	return arena_take(arena, &allow);
}
