/* SPDX-License-Identifier: ISC */
/*
 * What Losant's REST resources share, and those that are made like them: a
 * collection is listed a page at a time, its members are made, shown, changed
 * and deleted.  The answers are made by the statements; what is here reads the
 * query and the body.  All results are in the request's arena.
 */
#ifndef CREEL_RESOURCE_COLLECTION_H
#define CREEL_RESOURCE_COLLECTION_H

#include "base/field.h"
#include "db/pg.h"
#include "http/http.h"

/* What a list may be asked for, names with a space between. */
struct collection {
	const char *sort_fields;	/* the first is the default */
	const char *filter_fields;
};

/* How it was asked for, as parameters of a statement. */
struct collection_query {
	const char *links;	/* "true", "false" */
	const char *sort;	/* one of sort_fields */
	const char *direction;	/* "asc", "desc" */
	const char *page;	/* from 0 */
	const char *per_page;	/* 1 to 1000 */
	const char *field;	/* one of filter_fields, or NULL */
	const char *filter;	/* as it was given, or NULL */
	const char *pattern;	/* for ILIKE; NULL: there is no filter */
};

/* A list's query (wire/losant 1.3): a parameter that is blank is as good as
 * absent.  -1 with ERR_BAD_REQUEST. */
int collection_query(struct req *, const struct collection *,
    struct collection_query *out, struct err *);

/* What the query of every operation may have; *links, whether _links are
 * wanted, is "true" or "false".  -1 with ERR_BAD_REQUEST. */
int collection_links(struct req *, const char **links, struct err *);

/* Reads the body and checks it against a table.  *out is the caller's to
 * jsn_free().  -1 with ERR_BAD_REQUEST, ERR_TOO_LARGE. */
int collection_body(struct req *, const struct field *, struct jsn **out,
    struct err *);

/* A copy of a member's text; NULL if it was not sent. */
const char *collection_text(struct req *, const struct jsn *body,
    const char *name);

/* A member that is true or false as "true" or "false"; NULL if it was not
 * sent. */
const char *collection_flag(const struct jsn *body, const char *name);

/* The ids that a member lists (FIELD_STRINGS), as an array's text; NULL if it
 * was not sent.  -1 with ERR_BAD_REQUEST if one is none. */
int collection_ids(struct req *, const struct jsn *body, const char *name,
    const char **out, struct err *);

/* The id that is the path's last; NULL, which nothing has, for what is none. */
const char *collection_id(const struct req *);

/*
 * Reads the result of a statement: *json is the column "json", in the arena.
 * No row means that there is no such application.  Where json is null, one of
 * these columns may have the reason, and if none has, there is no such member,
 * which is called what ("Webhook"):
 *   immutable  the property that cannot be changed
 *   invalid    the error message
 *   conflict   the property whose value is in use
 * -1 with ERR_NOT_FOUND, ERR_BAD_REQUEST, ERR_CONFLICT.
 */
int collection_read(struct arena *, const struct pg_result *,
    const char *what, const char **json, struct err *);

/* Runs a statement and reads what it gives; -1 also as pg_run(). */
int collection_run(struct req *, enum sql_id, const struct pg_value *,
    const char *what, const char **json, struct err *);

/* The same, and answers with it. */
int collection_answer(struct req *, struct resp *, enum sql_id,
    const struct pg_value *, const char *what, struct err *);

/* The same for a statement that shows the member whose id is the path's last,
 * by application, id and whether with links; and for one that deletes it, by
 * the first two.  -1 with ERR_BAD_REQUEST for the query too. */
int collection_get(struct req *, struct resp *, enum sql_id,
    const char *what, struct err *);
int collection_delete(struct req *, struct resp *, enum sql_id,
    const char *what, struct err *);

/* Answers with a member's JSON, an object that is not empty, and before all
 * else in it the secret that was made for it (key_new()), as a property of this
 * name: it leaves the process nowhere else. */
void collection_answer_secret(struct req *, struct resp *, const char *json,
    const char *name, const char *secret);

#endif
