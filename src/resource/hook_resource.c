/* SPDX-License-Identifier: ISC */
/* Lists, creates, returns, changes and deletes hooks of any kind. */
#include "auth/auth.h"
#include "hook/hook.h"
#include "resource/collection.h"
#include "resource/hook_body.h"
#include "resource/hook_resource.h"

int
hook_resource_list(struct req *req, struct resp *resp, struct err *err)
{
	const struct collection *c = collection_of(req);
	struct collection_query q;

	if (collection_query(req, c, &q, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->hooks),
		PG_TEXT(q.links), PG_TEXT(q.sort), PG_TEXT(q.direction),
		PG_TEXT(q.page), PG_TEXT(q.per_page), PG_TEXT(q.field),
		PG_TEXT(q.filter), PG_TEXT(q.pattern), PG_TEXT(c->kind)
	};
	return collection_respond(req, resp, SQL_HOOK_LIST, values, err);
}

int
hook_resource_create(struct req *req, struct resp *resp, struct err *err)
{
	const struct collection *c = collection_of(req);
	char id[ID_OBJECT_SIZE], handle[HOOK_HANDLE_SIZE];
	struct hook_body b;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    hook_body_parse(req, c->kind, true, &b, err) < 0)
		return -1;
	id_object(id);
	hook_kind(c->kind)->new_handle(handle);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(handle), PG_TEXT(b.name), PG_TEXT(b.description),
		PG_TEXT(b.enabled), PG_TEXT(b.settings), PG_TEXT(c->kind)
	};
	resp->status = 201;
	return collection_respond(req, resp, c->create, values, err);
}

int
hook_resource_get(struct req *req, struct resp *resp, struct err *err)
{
	const struct collection *c = collection_of(req);
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links),
		PG_TEXT(c->kind)
	};
	return collection_respond(req, resp, SQL_HOOK_GET, values, err);
}

int
hook_resource_patch(struct req *req, struct resp *resp, struct err *err)
{
	const struct collection *c = collection_of(req);
	struct hook_body b;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    hook_body_parse(req, c->kind, false, &b, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links),
		PG_TEXT(b.name), PG_TEXT(b.description), PG_TEXT(b.enabled),
		PG_TEXT(b.settings)
	};
	return collection_respond(req, resp, c->patch, values, err);
}

int
hook_resource_delete(struct req *req, struct resp *resp, struct err *err)
{
	const struct collection *c = collection_of(req);
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(c->kind)
	};
	return collection_respond(req, resp, SQL_HOOK_DELETE, values, err);
}
