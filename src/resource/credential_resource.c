/* SPDX-License-Identifier: ISC */
/* Lists, returns and deletes credentials of any kind that is a resource. */
#include <string.h>

#include "auth/auth.h"
#include "auth/grant.h"
#include "auth/seal.h"
#include "resource/credential_resource.h"

const char *
credential_openers(struct req *req)
{
	return seal_ids(auth_seal(req->services->auth), req->arena);
}

int
credential_may_enable(struct req *req, const char *flag, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(collection_of(req)->kind)
	};
	struct pg_result *row = NULL;
	int rc = 0;

	if (flag == NULL || strcmp(flag, "true") != 0)
		return 0;
	if (pg_run(req->db, SQL_CREDENTIAL_SCOPES, values, &row, err) < 0)
		return -1;
	/* They never change, so the row need not be locked. */
	if (pg_rows(row) > 0)
		rc = grant_check(req->principal, pg_column(row, "scopes"),
		    err);
	pg_result_free(&row);
	return rc;
}

int
credential_resource_list(struct req *req, struct resp *resp,
    struct err *err)
{
	const struct collection *c = collection_of(req);
	struct collection_query q;

	if (collection_query(req, c, &q, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(q.links),
		PG_TEXT(credential_openers(req)), PG_TEXT(q.sort),
		PG_TEXT(q.direction), PG_TEXT(q.page), PG_TEXT(q.per_page),
		PG_TEXT(q.field), PG_TEXT(q.filter), PG_TEXT(q.pattern),
		PG_TEXT(c->kind)
	};
	return collection_respond(req, resp, SQL_CREDENTIAL_LIST, values, err);
}

int
credential_resource_get(struct req *req, struct resp *resp,
    struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(links), PG_TEXT(credential_openers(req)),
		PG_TEXT(collection_of(req)->kind)
	};
	return collection_respond(req, resp, SQL_CREDENTIAL_GET, values, err);
}

int
credential_resource_delete(struct req *req, struct resp *resp,
    struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(collection_of(req)->kind)
	};
	return collection_respond(req, resp, SQL_CREDENTIAL_DELETE, values,
	    err);
}
