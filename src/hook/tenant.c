/* SPDX-License-Identifier: ISC */
/* Finds the application that a path names, and checks that the principal has
 * access to it. */
#include <ctype.h>
#include <string.h>

#include "auth/auth.h"
#include "db/cache.h"
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

int
application_reaches(struct req *req, const char *id, struct err *err)
{
	const struct principal *principal = req->principal;
	const struct pg_value values[] = { PG_TEXT(id) };
	struct cache_row row;

	if (auth_lists(principal->applications, id))
		return 1;
	if (principal->organization == NULL)
		return 0;
	if (cache_lookup(req->services->cache, req->db,
	    SQL_APPLICATION_ORGANIZATION, values, req->remote, req->arena,
	    &row, err) < 0) {
		/* For any cause: nothing was done, and the client may retry. */
		err->code = ERR_UNAVAILABLE;
		return -1;
	}
	return row.found && row.columns[0] != NULL &&
	    strcmp(row.columns[0], principal->organization) == 0;
}

int
application_find(struct req *req, struct err *err)
{
	const char *id = application_id(req->arena, req->params[0]);
	int rc = id == NULL ? 0 : application_reaches(req, id, err);

	if (rc == 0)
		return application_missing(err);
	req->application = id;
	return rc < 0 ? -1 : 0;
}

int
application_find_whole(struct req *req, struct err *err)
{
	if (application_find(req, err) < 0)
		return -1;
	return req->principal->hooks == NULL ? 0 : err_set(err, ERR_FORBIDDEN,
	    "the credential is restricted to some hooks");
}
