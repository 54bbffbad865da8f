/* Forms. */
#include "auth/auth.h"
#include "auth/scope.h"
#include "resource/application.h"
#include "resource/collection.h"
#include "resource/dialect.h"
#include "resource/form.h"
#include "resource/form_details.h"
#include "resource/hook.h"
#include "resource/hook_body.h"

static route_fn form_list, form_create;
static route_fn form_get, form_patch, form_delete;
static route_fn form_webhook;

const struct route form_routes[] = {
	{ "GET", "/applications/:application/forms", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORMS_GET, application_find, BODY_NONE, 0,
	    form_list },
	{ "POST", "/applications/:application/forms", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORMS_POST, application_find_whole,
	    LOSANT_BODY, form_create },
	{ "GET", "/applications/:application/forms/:form", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORM_GET, application_find, BODY_NONE, 0,
	    form_get },
	{ "PATCH", "/applications/:application/forms/:form", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORM_PATCH, application_find, LOSANT_BODY,
	    form_patch },
	{ "DELETE", "/applications/:application/forms/:form", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORM_DELETE, application_find, BODY_NONE, 0,
	    form_delete },
	{ "GET", "/applications/:application/forms/:form/webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_FORM_GET, application_find,
	    BODY_NONE, 0, form_webhook },
	{ 0 }
};

static const struct collection forms = {
	.sort_fields = "name id creationDate lastUpdated",
	.filter_fields = "name"
};

static int
answer(struct req *req, struct resp *resp, enum sql_id sql,
    const struct pg_value *values, struct err *err)
{
	return collection_answer(req, resp, sql, values, "Form", err);
}

static int
form_list(struct req *req, struct resp *resp, struct err *err)
{
	struct collection_query q;

	if (collection_query(req, &forms, &q, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(req->principal->hooks),
		PG_TEXT(q.links), PG_TEXT(q.sort), PG_TEXT(q.direction),
		PG_TEXT(q.page), PG_TEXT(q.per_page), PG_TEXT(q.field),
		PG_TEXT(q.filter), PG_TEXT(q.pattern)
	};
	return answer(req, resp, SQL_FORM_LIST, values, err);
}

static int
form_create(struct req *req, struct resp *resp, struct err *err)
{
	char id[ID_OBJECT_SIZE], key[HOOK_HANDLE_SIZE];
	struct hook_body b;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    hook_body_parse(req, "form", true, &b, err) < 0)
		return -1;
	id_object(id);
	hook_kind("form")->new_handle(key);

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(id), PG_TEXT(links),
		PG_TEXT(key), PG_TEXT(b.name), PG_TEXT(b.description),
		PG_TEXT(b.enabled), PG_TEXT(b.settings)
	};
	resp->status = 201;
	return answer(req, resp, SQL_FORM_CREATE, values, err);
}

static int
form_get(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links)
	};
	return answer(req, resp, SQL_FORM_GET, values, err);
}

static int
form_patch(struct req *req, struct resp *resp, struct err *err)
{
	struct hook_body b;
	const char *links;

	if (collection_links(req, &links, err) < 0 ||
	    hook_body_parse(req, "form", false, &b, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks), PG_TEXT(links),
		PG_TEXT(b.name), PG_TEXT(b.description), PG_TEXT(b.enabled),
		PG_TEXT(b.settings)
	};
	return answer(req, resp, SQL_FORM_PATCH, values, err);
}

static int
form_delete(struct req *req, struct resp *resp, struct err *err)
{
	const char *links;

	if (collection_links(req, &links, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks)
	};
	return answer(req, resp, SQL_FORM_DELETE, values, err);
}

static int
form_webhook(struct req *req, struct resp *resp, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(req->application), PG_TEXT(collection_id(req)),
		PG_TEXT(req->principal->hooks)
	};
	struct pg_result *row = NULL;
	const char *json;
	int rc;

	if (collection_links(req, &json, err) < 0 ||
	    pg_run(req->db, SQL_FORM_WEBHOOK, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0)
		rc = application_missing(err);
	else if (pg_text(row, 0, 0) == NULL)
		rc = err_set(err, ERR_NOT_FOUND, "Webhook was not found");
	else
		rc = form_details(req->arena, http_base(req),
		    pg_text(row, 0, 0), pg_text(row, 0, 1), &json, err);
	pg_result_free(&row);
	if (rc == 0)
		dialect_losant_answer(resp, json);
	return rc;
}
