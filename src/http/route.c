#include <string.h>

#include "base/buf.h"
#include "http/route.h"

/* The row serves this method; HEAD is a GET without its body. */
static bool
method_fits(const struct route *row, const char *method)
{
	return strcmp(row->method, method) == 0 ||
	    (strcmp(row->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/*
 * Matches a path against a pattern, segment by segment: ":name" takes any
 * segment that is not empty, everything else must be equal.  params, unless
 * NULL, gets what the names took, undecoded; lengths how long.
 */
static bool
pattern_matches(const char *pattern, const char *path, const char **params,
    size_t *lengths)
{
	size_t want, have, n = 0;

	while (*pattern == '/' && *path == '/') {
		want = strcspn(++pattern, "/");
		have = strcspn(++path, "/");
		if (*pattern == ':') {
			if (have == 0)
				return false;
			/* A test walks the rows: none has more names. */
			if (params != NULL && n < HTTP_PARAMS_MAX) {
				params[n] = path;
				lengths[n++] = have;
			}
		} else if (want != have || memcmp(pattern, path, have) != 0) {
			return false;
		}
		pattern += want;
		path += have;
	}
	/* What a longer pattern took before it failed is not this one's. */
	if (params != NULL && n < HTTP_PARAMS_MAX)
		params[n] = NULL;
	return *pattern == '\0' && *path == '\0';
}

/* Whether the row is there for this caller. */
static bool
row_shows(const struct route *row, const struct req *req)
{
	const char *list, *found;
	size_t n = strlen(req->remote);

	if (row->auth != AUTH_ADDRESS)
		return true;
	/* Without a configuration nobody is allowed anything. */
	if (req->conf == NULL || strchr(req->remote, ' ') != NULL)
		return false;
	for (list = req->conf->metrics_allow; n > 0 &&
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

/* The dialect that fits a path which no row serves. */
static const struct dialect *
dialect_for(const struct route *const *tables, const char *path)
{
	const struct route *const *table, *row;

	for (table = tables; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (same_first_segment(row->pattern, path))
				return row->dialect;
	return (*tables)->dialect;
}

static bool
decode_params(struct req *req, const char **raw, const size_t *lengths)
{
	size_t i;

	for (i = 0; i < HTTP_PARAMS_MAX && raw[i] != NULL; i++) {
		req->params[i] = http_decode(req->arena, raw[i], lengths[i]);
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
	const char *raw[HTTP_PARAMS_MAX] = { NULL };
	size_t lengths[HTTP_PARAMS_MAX];
	const struct route *const *table, *row;

	*dialect = dialect_for(tables, req->path);
	if (http_decode(req->arena, req->path, strlen(req->path)) == NULL)
		return ROUTE_MALFORMED;
	for (table = tables; *table != NULL; table++) {
		for (row = *table; row->method != NULL; row++) {
			if (!pattern_matches(row->pattern, req->path, raw,
			    lengths) || !row_shows(row, req))
				continue;
			*dialect = row->dialect;
			found = ROUTE_OTHER_METHOD;
			if (!method_fits(row, req->method))
				continue;
			req->route = row;
			return decode_params(req, raw, lengths) ?
			    ROUTE_FOUND : ROUTE_MALFORMED;
		}
	}
	return found;
}

char *
route_allow(const struct route *const *tables, const struct req *req)
{
	const struct route *const *table, *row;
	struct buf allow;

	buf_init(&allow);
	for (table = tables; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (pattern_matches(row->pattern, req->path, NULL,
			    NULL) && row_shows(row, req))
				buf_printf(&allow, "%s%s, ", row->method,
				    strcmp(row->method, "GET") == 0 ?
				    ", HEAD" : "");
	buf_addstr(&allow, "OPTIONS");
	return arena_take(req->arena, &allow);
}
