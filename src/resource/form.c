/* SPDX-License-Identifier: ISC */
/* The REST resource of forms. */
#include "auth/auth.h"
#include "auth/scope.h"
#include "hook/dialect.h"
#include "hook/form_details.h"
#include "hook/tenant.h"
#include "resource/collection.h"
#include "resource/form.h"
#include "resource/hook_resource.h"

static route_fn form_webhook;

static const struct collection forms = {
	.noun = "Form",
	.kind = "form",
	HOOK_RESOURCE_FIELDS,
	.create = SQL_HOOK_CREATE,
	.patch = SQL_FORM_PATCH
};

const struct route form_routes[] = {
	{ "GET", "/applications/:application/forms", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORMS_GET, application_find, BODY_NONE, 0,
	    hook_resource_list, &forms },
	{ "POST", "/applications/:application/forms", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORMS_POST, application_find_whole,
	    LOSANT_BODY, hook_resource_create, &forms },
	{ "GET", "/applications/:application/forms/:form", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORM_GET, application_find, BODY_NONE, 0,
	    hook_resource_get, &forms },
	{ "PATCH", "/applications/:application/forms/:form", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORM_PATCH, application_find, LOSANT_BODY,
	    hook_resource_patch, &forms },
	{ "DELETE", "/applications/:application/forms/:form", &dialect_losant,
	    LOSANT_AUTH, SCOPE_FORM_DELETE, application_find, BODY_NONE, 0,
	    hook_resource_delete, &forms },
	{ "GET", "/applications/:application/forms/:form/webhook",
	    &dialect_losant, LOSANT_AUTH, SCOPE_FORM_GET, application_find,
	    BODY_NONE, 0, form_webhook, &forms },
	{ 0 }
};

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
		dialect_losant_respond(resp, json);
	return rc;
}
