#include <string.h>

#include "auth/auth.h"
#include "db/cache.h"
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

/* The columns of ADDRESS_FIND. */
enum address_column {
	ADDRESS_APPLICATION,
	ADDRESS_HOOK,
	ADDRESS_SETTINGS,
	ADDRESS_ENABLED
};

/* Why the principal may not use the hook that was found. */
static int
check_reach(const struct principal *principal, const struct cache_row *row,
    struct err *err)
{
	/* What another application has must look like what nobody has. */
	if (!row->found || !auth_lists(principal->applications,
	    row->columns[ADDRESS_APPLICATION]) ||
	    strcmp(row->columns[ADDRESS_ENABLED], "true") != 0)
		return err_set(err, ERR_NOT_FOUND, "Hook was not found");
	if (principal->hooks != NULL &&
	    !auth_lists(principal->hooks, row->columns[ADDRESS_HOOK]))
		return err_set(err, ERR_FORBIDDEN,
		    "the credential has no access to this hook");
	return 0;
}

int
hook_find(struct req *req, const char *kind, const char *handle,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(kind), PG_TEXT(handle) };
	struct cache_row row;
	struct hook *hook;

	if (cache_lookup(req->cache, req->db, SQL_ADDRESS_FIND, values,
	    req->arena, &row, err) < 0 ||
	    check_reach(req->principal, &row, err) < 0)
		return -1;
	hook = arena_alloc(req->arena, sizeof(*hook));
	hook->application = row.columns[ADDRESS_APPLICATION];
	hook->id = row.columns[ADDRESS_HOOK];
	hook->settings = row.columns[ADDRESS_SETTINGS];
	req->hook = hook;
	return 0;
}
