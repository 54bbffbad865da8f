/* SPDX-License-Identifier: ISC */
/*
 * A route is a row of a table: what a request must bring, and who answers it.
 * Doors and resources export their rows; creel/routes.c lists them.
 */
#ifndef CREEL_HTTP_ROUTE_H
#define CREEL_HTTP_ROUTE_H

#include <stdint.h>

#include "http/body.h"
#include "http/http.h"

/* Where a route takes credentials from; tried in this order. */
enum auth_carrier {
	AUTH_NONE = 0,			/* public: spelled out in the row */
	AUTH_API_KEY = 1 << 0,		/* ApiKey: key */
	AUTH_AUTHENTICATION = 1 << 1,	/* Authentication: [Bearer] token */
	AUTH_BEARER = 1 << 2,		/* Authorization: Bearer token */
	/* Alone: no credential, but an address of metrics_allow.  To all
	 * others the row is not there. */
	AUTH_ADDRESS = 1 << 3,
	AUTH_QUERY = 1 << 4,		/* ?api_key=key-or-token */
	/* No carrier: who fails again and again is kept waiting. */
	AUTH_THROTTLE = 1 << 5,
	AUTH_WEBHOOK_KEY = 1 << 6,	/* x-webhook-apikey: key */
	AUTH_QUERY_KEY = 1 << 7,	/* ?apiKey=key, ?api_key=key */
	/* No carrier: two that are not the same are none. */
	AUTH_SAME = 1 << 8,
	/* No carrier: HEAD is not served, since a GET does something. */
	AUTH_NO_HEAD = 1 << 9,
	/* Alone: the first :name of the pattern is the credential, and the
	 * row's target checks it.  Access logs get a mask for it. */
	AUTH_PATH = 1 << 10
};

/* How a door words its responses. */
struct dialect {
	const char *name;	/* of the door: in the log and the metrics */
	/* Fills body and headers of an error response, whose status is set.
	 * The pages for errors that a web server makes itself come from it
	 * too (creel/samples.c): req->id is empty there. */
	void (*error)(const struct req *, const struct err *, struct resp *);
	const char *challenge;	/* WWW-Authenticate of a 401 */
	/* Query parameters that access logs must not contain, ended by NULL;
	 * NULL: none. */
	const char *const *secrets;
};

typedef int route_fn(struct req *, struct resp *, struct err *);
/* Finds req->hook from the route's parameters. */
typedef int target_fn(struct req *, struct err *);

struct route {
	const char *method;		/* "ANY": whatever it is */
	const char *pattern;		/* "/hooks/incoming/:guid"; a star as
					 * the last segment: any more */
	const struct dialect *dialect;
	unsigned auth;			/* enum auth_carrier, or'ed */
	uint64_t scopes;		/* one of these is needed */
	target_fn *target;		/* NULL: the route addresses no hook */
	enum body_rule body;
	size_t limit;			/* CONF_LIMIT(option), 0 with NONE */
	route_fn *handler;
	const void *of;			/* what a shared handler works on */
};

/* The row's limit is an option of struct conf that holds bytes. */
#define CONF_LIMIT(option) offsetof(struct conf, option)

enum route_match {
	ROUTE_FOUND,
	ROUTE_OTHER_METHOD,	/* the path is known, the method is not */
	ROUTE_UNKNOWN,
	ROUTE_MALFORMED		/* an escape in the path is wrong */
};

/*
 * Finds the row for req->method (HEAD counts as GET, unless the row says that
 * it does not) and req->path; sets
 * req->route and req->params.  tables are the doors' and resources' rows, each
 * ended by one without a method, and end with NULL.  *dialect is always set:
 * that of the row, or of one that shares the first segment of the path, or of
 * the very first row.
 */
enum route_match route_find(const struct route *const *tables, struct req *,
    const struct dialect **dialect);

/* The methods of a path for Allow, in the arena: "GET, HEAD, OPTIONS". */
char *route_allow(const struct route *const *tables, const struct req *);
/* The same for all paths that begin with the first segment of path. */
char *route_allow_below(const struct route *const *tables, const char *path,
    struct arena *);

/* The first row whose pattern begins with the first segment of path, or
 * NULL. */
const struct route *route_first(const struct route *const *tables,
    const char *path);

#endif
