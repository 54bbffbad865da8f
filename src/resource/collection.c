/* SPDX-License-Identifier: ISC */
/* Handlers and helpers that the REST resources share. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "auth/auth_key.h"
#include "base/buf.h"
#include "db/array.h"
#include "hook/dialect.h"
#include "hook/tenant.h"
#include "http/body.h"
#include "http/urlencoded.h"
#include "resource/collection.h"

struct choice {
	const char *name;
	const char *fallback;
	const char *words;	/* allowed values, space-separated */
};

static const struct choice sort_directions = { "sortDirection", "asc",
    "asc desc ASC DESC" };
/* Every operation takes these; only _links has an effect. */
#define DECORATION(name) { name, "false", "true false True False" }
static const struct choice links_choice = DECORATION("_links");
static const struct choice idle_choices[] = {
	DECORATION("_actions"), DECORATION("_embedded")
};

/* A parameter's value; NULL if it is missing or blank. */
static const char *
query_get(struct req *req, const char *name)
{
	const char *value = urlencoded_get(req->arena, req->query, name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static int
query_choose(struct req *req, const struct choice *choice, const char **out,
    struct err *err)
{
	const char *value = query_get(req, choice->name);

	if (value != NULL && !field_has_word(choice->words, value))
		return err_set(err, ERR_BAD_REQUEST,
		    "%s must be an enum value", choice->name);
	*out = value == NULL ? choice->fallback : value;
	return 0;
}

/* Reads a whole number; one that is too large becomes some number beyond
 * INT32_MAX. */
static int
query_integer(struct req *req, const char *name, int64_t *out, struct err *err)
{
	const char *value = query_get(req, name), *p = value;
	int64_t n = 0;

	if (value == NULL)
		return 0;
	p += *p == '-';
	if (*p == '\0' || p[strspn(p, "0123456789")] != '\0')
		return err_set(err, ERR_BAD_REQUEST, "%s is the wrong type",
		    name);
	for (; *p != '\0'; p++)
		if (n <= INT32_MAX)
			n = n * 10 + (*p - '0');
	*out = *value == '-' ? -n : n;
	return 0;
}

int
collection_links(struct req *req, const char **links, struct err *err)
{
	const char *idle;
	size_t i;

	/* A NUL would cut a parameter off, and no valid one contains it. */
	if (strstr(req->query, "%00") != NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "query: must not contain NUL");
	for (i = 0; i < sizeof(idle_choices) / sizeof(idle_choices[0]); i++)
		if (query_choose(req, &idle_choices[i], &idle, err) < 0)
			return -1;
	if (query_choose(req, &links_choice, links, err) < 0)
		return -1;
	*links = strcasecmp(*links, "true") == 0 ? "true" : "false";
	return 0;
}

/* Pages count from 0; a page has 1 to 1000 members. */
static int
query_page(struct req *req, const char **page, const char **per_page,
    struct err *err)
{
	int64_t number = 0, size = 100;

	if (query_integer(req, "page", &number, err) < 0 ||
	    query_integer(req, "perPage", &size, err) < 0)
		return -1;
	if (number < 0 || number > INT32_MAX)
		return err_set(err, ERR_BAD_REQUEST, "page is %s",
		    number < 0 ? "less than minimum" : "more than maximum");
	size = size < 1 ? 1 : size > 1000 ? 1000 : size;
	*page = arena_printf(req->arena, "%" PRId64, number);
	*per_page = arena_printf(req->arena, "%" PRId64, size);
	return 0;
}

/* Returns a glob as a pattern of SQL's LIKE: only the star is special. */
static const char *
glob_pattern(struct arena *arena, const char *glob)
{
	struct buf pattern;

	buf_init(&pattern);
	for (; *glob != '\0'; glob++) {
		if (strchr("%_\\", *glob) != NULL)
			buf_addch(&pattern, '\\');
		buf_addch(&pattern, *glob == '*' ? '%' : *glob);
	}
	return arena_take(arena, &pattern);
}

static int
query_filter(struct req *req, const char *fields,
    struct collection_query *out, struct err *err)
{
	const struct choice choice = { "filterField", NULL, fields };

	if (query_choose(req, &choice, &out->field, err) < 0)
		return -1;
	out->filter = query_get(req, "filter");
	if (out->filter != NULL &&
	    !jsn_is_utf8(out->filter, strlen(out->filter)))
		return err_set(err, ERR_BAD_REQUEST,
		    "filter is the wrong type");
	out->pattern = out->field == NULL || out->filter == NULL ? NULL :
	    glob_pattern(req->arena, out->filter);
	return 0;
}

int
collection_query(struct req *req, const struct collection *collection,
    struct collection_query *out, struct err *err)
{
	const char *fields = collection->sort_fields;
	const struct choice sort = { "sortField", arena_copy(req->arena,
	    fields, strcspn(fields, " ")), fields };

	if (collection_links(req, &out->links, err) < 0 ||
	    query_choose(req, &sort, &out->sort, err) < 0 ||
	    query_choose(req, &sort_directions, &out->direction, err) < 0 ||
	    query_page(req, &out->page, &out->per_page, err) < 0 ||
	    query_filter(req, collection->filter_fields, out, err) < 0)
		return -1;
	out->direction = strcasecmp(out->direction, "desc") == 0 ? "desc" :
	    "asc";
	return 0;
}

int
collection_body(struct req *req, const struct field *fields,
    struct jsn **out, struct err *err)
{
	*out = NULL;
	if (req->body_len > JSN_TREE_SIZE)
		return err_set(err, ERR_TOO_LARGE,
		    "body: must be at most %d bytes", JSN_TREE_SIZE);
	body_skip_mark(req);
	if (jsn_parse(req->body, req->body_len, out, err) < 0)
		return err->code != ERR_BAD_REQUEST ? -1 :
		    err_set(err, ERR_BAD_REQUEST, "Invalid JSON body");
	if (field_check(*out, fields, err) == 0)
		return 0;
	jsn_free(out);
	return -1;
}

const char *
collection_text(struct req *req, const struct jsn *body, const char *name)
{
	const char *s = jsn_string(jsn_get(body, name));

	return s == NULL ? NULL : arena_strdup(req->arena, s);
}

const char *
collection_flag(const struct jsn *body, const char *name)
{
	const struct jsn *flag = jsn_get(body, name);

	return flag == NULL ? NULL : jsn_is_true(flag) ? "true" : "false";
}

int
collection_ids(struct req *req, const struct jsn *body, const char *name,
    const char **out, struct err *err)
{
	const struct jsn *list = jsn_get(body, name);
	size_t n = jsn_length(list), i;
	const char **ids = arena_alloc(req->arena, n * sizeof(*ids));

	*out = NULL;
	if (list == NULL)
		return 0;
	for (i = 0; i < n; i++) {
		ids[i] = application_id(req->arena,
		    jsn_string(jsn_at(list, i)));
		if (ids[i] == NULL)
			return err_set(err, ERR_BAD_REQUEST,
			    "%s pattern mismatch", name);
	}
	*out = array_texts(req->arena, ids, n);
	return 0;
}

const char *
collection_id(const struct req *req)
{
	return application_id(req->arena, req->params[1]);
}

int
collection_read(struct arena *arena, const struct pg_result *row,
    const char *what, const char **json, struct err *err)
{
	const char *found = pg_column(row, "json"), *why;

	if (pg_rows(row) == 0)
		return application_missing(err);
	if (found != NULL) {
		*json = arena_strdup(arena, found);
		return 0;
	}
	if ((why = pg_column(row, "immutable")) != NULL)
		return err_set(err, ERR_BAD_REQUEST, "%s cannot be changed",
		    why);
	if ((why = pg_column(row, "invalid")) != NULL)
		return err_set(err, ERR_BAD_REQUEST, "%s", why);
	if ((why = pg_column(row, "conflict")) != NULL)
		return err_set(err, ERR_CONFLICT, "%s: already in use", why);
	return err_set(err, ERR_NOT_FOUND, "%s was not found", what);
}

const struct collection *
collection_of(const struct req *req)
{
	return req->route->of;
}

/* Runs a statement and reads its result. */
static int
run(struct req *req, enum sql_id sql, const struct pg_value *values,
    const char **json, struct err *err)
{
	struct pg_result *row = NULL;
	int rc;

	if (pg_run(req->db, sql, values, &row, err) < 0)
		/* The application was deleted meanwhile. */
		return err->code == ERR_CONFLICT ? application_missing(err) :
		    -1;
	rc = collection_read(req->arena, row, collection_of(req)->noun, json,
	    err);
	pg_result_free(&row);
	return rc;
}

int
collection_respond(struct req *req, struct resp *resp, enum sql_id sql,
    const struct pg_value *values, struct err *err)
{
	const char *json;

	if (run(req, sql, values, &json, err) < 0)
		return -1;
	dialect_losant_respond(resp, json);
	return 0;
}

int
collection_respond_secret(struct req *req, struct resp *resp, enum sql_id sql,
    const struct pg_value *values, const char *secret, struct err *err)
{
	const char *json;

	if (run(req, sql, values, &json, err) < 0)
		return -1;
	dialect_losant_respond(resp, arena_printf(req->arena,
	    "{\"%s\":\"%s\",%s", collection_of(req)->secret, secret,
	    json + 1));
	return 0;
}

int
collection_list(struct req *req, struct resp *resp, struct err *err)
{
	const struct collection *c = collection_of(req);
	struct collection_query q;

	if (collection_query(req, c, &q, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(q.links), PG_TEXT(q.sort),
		PG_TEXT(q.direction), PG_TEXT(q.page), PG_TEXT(q.per_page),
		PG_TEXT(q.field), PG_TEXT(q.filter), PG_TEXT(q.pattern)
	};
	return collection_respond(req, resp, c->list, values, err);
}

int
collection_get(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links)
	};
	return collection_respond(req, resp, collection_of(req)->get, values,
	    err);
}

int
collection_delete(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req))
	};
	return collection_respond(req, resp, collection_of(req)->delete,
	    values, err);
}

int
collection_rekey(struct req *req, struct resp *resp, struct err *err)
{
	struct key secret;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    key_new(req->principal, collection_of(req)->scopes, &secret,
	    err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(secret.hash), PG_TEXT(secret.prefix)
	};
	return collection_respond_secret(req, resp, collection_of(req)->rekey,
	    values, secret.text, err);
}
