/* SPDX-License-Identifier: ISC */
/*
 * A route is a row of a table: the requirements of a request, and its handler.
 * Doors and resources export their rows; creel/routes.c lists them.
 */
#ifndef CREEL_HTTP_ROUTE_H
#define CREEL_HTTP_ROUTE_H

#include <stdint.h>

#include "http/body.h"
#include "http/http.h"

/* The places where a route accepts credentials; tried in this order. */
enum auth_carrier {
	AUTH_NONE = 0,			/* public: must be explicit in a row */
	AUTH_API_KEY = 1 << 0,		/* ApiKey: key */
	AUTH_AUTHENTICATION = 1 << 1,	/* Authentication: [Bearer] token */
	AUTH_BEARER = 1 << 2,		/* Authorization: Bearer token */
	/* Only alone: needs no credential, but an address in metrics_allow.
	 * For other addresses the row does not exist. */
	AUTH_ADDRESS = 1 << 3,
	AUTH_QUERY = 1 << 4,		/* ?api_key=key-or-token */
	/* Not a carrier: repeated failures are throttled. */
	AUTH_THROTTLE = 1 << 5,
	AUTH_WEBHOOK_KEY = 1 << 6,	/* x-webhook-apikey: key */
	AUTH_QUERY_KEY = 1 << 7,	/* ?apiKey=key, ?api_key=key */
	/* Not a carrier: two different credentials are rejected. */
	AUTH_SAME = 1 << 8,
	/* Not a carrier: HEAD is not served, because GET has side effects. */
	AUTH_NO_HEAD = 1 << 9,
	/* Only alone: the first :name of the pattern is the credential, and
	 * the row's target checks it.  Access logs mask it. */
	AUTH_PATH = 1 << 10
};

/* A door's format of errors, and its name. */
struct dialect {
	const char *name;	/* of the door: in the log and the metrics */
	/* Fills body and headers of an error response; its status is set.
	 * Also writes the error pages of the web servers (creel/pages.c),
	 * with an empty req->id. */
	void (*error)(const struct req *, const struct err *, struct resp *);
	const char *challenge;	/* WWW-Authenticate of a 401 */
	/* Returns the origins of web pages that may read the response (cors.h),
	 * "" for none.  NULL: none. */
	const char *(*origins)(const struct req *);
	/* Query parameters that access logs must not contain, besides those
	 * of AUTH_QUERY and AUTH_QUERY_KEY; ended by NULL.  NULL: none. */
	const char *const *secrets;
};

struct collection;

typedef int route_fn(struct req *, struct resp *, struct err *);
/* Sets req->hook from the route's parameters. */
typedef int target_fn(struct req *, struct err *);

struct route {
	/* "ANY": any method except OPTIONS, which dispatch responds to from
	 * the tables, unless the path has a row for it. */
	const char *method;
	const char *pattern;		/* "/hooks/incoming/:guid"; a star as
					 * the last segment: any rest */
	const struct dialect *dialect;
	unsigned auth;			/* enum auth_carrier, or'ed */
	uint64_t scopes;		/* one of these is required */
	target_fn *target;		/* NULL: the route has no hook */
	enum body_rule body;
	size_t limit;			/* CONF_LIMIT(option), 0 with NONE */
	route_fn *handler;
	const struct collection *of;	/* of shared handlers: collection.h */
};

/* The row's limit is an option of struct conf that holds bytes. */
#define CONF_LIMIT(option) offsetof(struct conf, option)

enum route_match {
	ROUTE_FOUND,
	ROUTE_OTHER_METHOD,	/* the path is known, the method is not */
	ROUTE_UNKNOWN,
	ROUTE_MALFORMED		/* an escape in the path is invalid */
};

/*
 * Finds the row for req->method (HEAD counts as GET, except with AUTH_NO_HEAD)
 * and req->path; sets req->route and req->params.  A slash at the end of a path
 * is ignored, unless the pattern ends in a star.  tables are the rows of doors
 * and resources: each table ends with a row without a method, the list with
 * NULL.  *dialect is always set: to that of the row, or of a row that shares
 * the first segment of the path, or of the very first row.
 */
enum route_match route_find(const struct route *const *tables, struct req *,
    const struct dialect **dialect);

/* Returns the value of Allow for a path, in the arena: "GET, HEAD, OPTIONS". */
char *route_allow(const struct route *const *tables, const struct req *);
/* Returns the same for all paths that begin with the first segment of path. */
char *route_allow_below(const struct route *const *tables, const char *path,
    struct arena *);

/* Returns the first row with a pattern that begins with the first segment of
 * path, or NULL. */
const struct route *route_first(const struct route *const *tables,
    const char *path);

#endif
