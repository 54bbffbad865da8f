#include <ctype.h>

#include "auth/auth.h"
#include "resource/application.h"

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
application_find(struct req *req, struct err *err)
{
	const char *id = application_id(req->arena, req->params[0]);

	if (id == NULL || !auth_lists(req->principal->applications, id))
		return application_missing(err);
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
