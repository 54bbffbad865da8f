#include <string.h>

#include "auth/auth.h"
#include "db/pg.h"
#include "resource/hook.h"

static const struct field datasource_settings[] = {
	FIELD_BOOLEAN("acceptArrays", 0),
	FIELD_END
};

const struct hook_kind hook_kinds[] = {
	{ "datasource", datasource_settings, id_guid },
	{ NULL, NULL, NULL }
};

const struct hook_kind *
hook_kind(const char *name)
{
	const struct hook_kind *kind = hook_kinds;

	while (kind->name != NULL && strcmp(kind->name, name) != 0)
		kind++;
	return kind->name == NULL ? NULL : kind;
}

/* Why the principal may not use the hook in this row of ADDRESS_FIND. */
static int
check_reach(const struct principal *principal, const struct pg_result *row,
    struct err *err)
{
	/* What another application has must look like what nobody has. */
	if (!auth_lists(principal->applications, pg_text(row, 0, 0)) ||
	    strcmp(pg_text(row, 0, 3), "true") != 0)
		return err_set(err, ERR_NOT_FOUND, "Hook was not found");
	if (principal->hooks != NULL &&
	    !auth_lists(principal->hooks, pg_text(row, 0, 1)))
		return err_set(err, ERR_FORBIDDEN,
		    "the credential has no access to this hook");
	return 0;
}

int
hook_find(struct req *req, const char *kind, const char *handle,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(kind), PG_TEXT(handle) };
	struct pg_result *row = NULL;
	struct hook *hook;
	int rc;

	if (pg_run(req->db, SQL_ADDRESS_FIND, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0)
		rc = err_set(err, ERR_NOT_FOUND, "Hook was not found");
	else
		rc = check_reach(req->principal, row, err);
	if (rc == 0) {
		hook = arena_alloc(req->arena, sizeof(*hook));
		hook->application = arena_strdup(req->arena,
		    pg_text(row, 0, 0));
		hook->id = arena_strdup(req->arena, pg_text(row, 0, 1));
		hook->settings = arena_strdup(req->arena, pg_text(row, 0, 2));
		req->hook = hook;
	}
	pg_result_free(&row);
	return rc;
}
