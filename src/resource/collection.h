/* SPDX-License-Identifier: ISC */
/*
 * Shared by the REST resources of Losant and those modelled on them: a
 * collection is listed by page, and its members are created, returned, changed
 * and deleted.  The statements build the responses; this module reads the query
 * and the body.  All results are in the request's arena.
 */
#ifndef CREEL_RESOURCE_COLLECTION_H
#define CREEL_RESOURCE_COLLECTION_H

#include "base/field.h"
#include "db/pg.h"
#include "http/http.h"

/* A collection, as its rows name it (route.of).  Field names are separated by
 * spaces. */
struct collection {
	const char *noun;	/* "Device", in "Device was not found" */
	const char *kind;	/* of its hooks or credentials, or NULL */
	const char *secret;	/* property of a member's secret */
	const char *sort_fields;	/* the first is the default */
	const char *filter_fields;
	/* Statements of the shared handlers that its rows use. */
	enum sql_id list, get, create, patch, delete, rekey;
	const char *scopes;	/* of the secrets that rekey creates */
};

/* The query of a list, as parameters of a statement. */
struct collection_query {
	const char *links;	/* "true", "false" */
	const char *sort;	/* one of sort_fields */
	const char *direction;	/* "asc", "desc" */
	const char *page;	/* from 0 */
	const char *per_page;	/* 1 to 1000 */
	const char *field;	/* one of filter_fields, or NULL */
	const char *filter;	/* as sent, or NULL */
	const char *pattern;	/* for ILIKE; NULL: there is no filter */
};

/* Reads the query of a list (wire/losant 1.3): empty parameters are ignored.
 * -1 with ERR_BAD_REQUEST. */
int collection_query(struct req *, const struct collection *,
    struct collection_query *out, struct err *);

/* Returns the collection that the route's row names. */
const struct collection *collection_of(const struct req *);

/* Checks the parameters that every operation accepts.  *links is "true" if the
 * client requests _links, else "false".  -1 with ERR_BAD_REQUEST. */
int collection_links(struct req *, const char **links, struct err *);

/* Reads the body and checks it against a table.  The caller frees *out with
 * jsn_free().  -1 with ERR_BAD_REQUEST, ERR_TOO_LARGE. */
int collection_body(struct req *, const struct field *, struct jsn **out,
    struct err *);

/* Returns a copy of a member's text; NULL if it was not sent. */
const char *collection_text(struct req *, const struct jsn *body,
    const char *name);

/* Returns a boolean member as "true" or "false"; NULL if it was not sent. */
const char *collection_flag(const struct jsn *body, const char *name);

/* Sets *out to the ids that a member lists (FIELD_STRINGS), as an array's text;
 * NULL if it was not sent.  -1 with ERR_BAD_REQUEST if one is malformed. */
int collection_ids(struct req *, const struct jsn *body, const char *name,
    const char **out, struct err *);

/* Returns the id in the path's second parameter; NULL, which matches nothing,
 * if it is malformed. */
const char *collection_id(const struct req *);

/*
 * Reads the result of a statement: *json is the column "json", in the arena.
 * No row means that the application does not exist.  Where json is null, one of
 * these columns may have the reason; if none has, the member does not exist,
 * and the error calls it what ("Webhook"):
 *   immutable  the property that cannot be changed
 *   invalid    the error message
 *   conflict   the property with a value that is in use
 * -1 with ERR_NOT_FOUND, ERR_BAD_REQUEST, ERR_CONFLICT.
 */
int collection_read(struct arena *, const struct pg_result *,
    const char *what, const char **json, struct err *);

/* Runs a statement, reads its result with the noun of the route's collection,
 * and responds with the JSON; -1 also as pg_run(). */
int collection_respond(struct req *, struct resp *, enum sql_id,
    const struct pg_value *, struct err *);

/* The same for a member with a new secret (key_new()): the response begins with
 * it.  The secret leaves the process nowhere else. */
int collection_respond_secret(struct req *, struct resp *, enum sql_id,
    const struct pg_value *, const char *secret, struct err *);

/*
 * Handlers for the statements list (application, links, sort, direction, page,
 * perPage, filterField, filter, pattern), get (application, id, links), delete
 * (application, id) and rekey (application, id, links, hash and prefix of a new
 * secret) of the route's collection.  rekey returns -1 as key_new(), too.
 */
int collection_list(struct req *, struct resp *, struct err *);
int collection_get(struct req *, struct resp *, struct err *);
int collection_delete(struct req *, struct resp *, struct err *);
int collection_rekey(struct req *, struct resp *, struct err *);

#endif
