/* SPDX-License-Identifier: ISC */
/* Finds the application that a path names, and checks that the principal has
 * access to it. */
#include <ctype.h>

#include "auth/auth.h"
#include "db/pg.h"
#include "hook/tenant.h"

const char *
application_id(struct arena *arena, const char *text)
{
	char *id, *p;

	if (!id_is_object(text))
		return NULL;
	id = arena_strdup(arena, text);
	for (p = id; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return id;
}

int
application_missing(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "Application was not found");
}

/* The principal's cached list may be older than the application: the database
 * decides before the response is 404. */
static int
organization_check(struct req *req, const char *id, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(req->principal->organization)
	};
	struct pg_result *row = NULL;
	bool found;

	if (req->principal->organization == NULL)
		return application_missing(err);
	if (pg_run(req->db, SQL_APPLICATION_REACH, values, &row, err) < 0)
		return -1;
	found = pg_rows(row) > 0;
	pg_result_free(&row);
	return found ? 0 : application_missing(err);
}

int
application_find(struct req *req, struct err *err)
{
	const char *id = application_id(req->arena, req->params[0]);

	if (id == NULL)
		return application_missing(err);
	if (!auth_lists(req->principal->applications, id) &&
	    organization_check(req, id, err) < 0)
		return -1;
	req->application = id;
	return 0;
}

int
application_find_whole(struct req *req, struct err *err)
{
	if (application_find(req, err) < 0)
		return -1;
	return req->principal->hooks == NULL ? 0 : err_set(err, ERR_FORBIDDEN,
	    "the credential is restricted to some hooks");
}
