/* SPDX-License-Identifier: ISC */
/* creelctl hook: receiving addresses. */
#include <string.h>

#include "base/buf.h"
#include "base/jsn.h"
#include "ctl/ctl.h"
#include "hook/hook.h"

static int hook_create(struct ctl *, struct err *);
static int hook_list(struct ctl *, struct err *);
static int hook_show(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose it is", 0 },
	{ "kind", "KIND", OPTION_REQUIRED, "datasource, form, webhook", 0 },
	{ "name", "NAME", OPTION_REQUIRED, "what people call it", 0 },
	{ "description", "TEXT", 0, "what it is for", 0 },
	{ "handle", "GUID", 0, "what callers name it by; else a new one", 0 },
	{ "settings", "JSON", 0, "an object with the kind's settings", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct ctl_option hook_list_options[] = {
	{ "application", "ID", 0, "only this one's", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command hook_commands[] = {
	{ "hook create", NULL, create_options, 0, hook_create,
	    "Make a hook; answers its id, handle and path." },
	{ "hook list", NULL, hook_list_options, 0, hook_list,
	    "List the hooks." },
	{ "hook show", "ID|HANDLE", NULL, 0, hook_show, "Show a hook." },
	{ "hook enable", "ID|HANDLE", NULL, 0, hook_enable,
	    "Let a hook receive again." },
	{ "hook disable", "ID|HANDLE", NULL, 0, hook_disable,
	    "Answer a hook's callers as if it were not there." },
	{ "hook delete", "ID|HANDLE", NULL, 0, hook_delete,
	    "Delete a hook and its handle; its events stay." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "applicationId", "APPLICATION" },
	{ "kind", "KIND" },
	{ "handle", "HANDLE" },
	{ "enabled", "ENABLED" },
	{ "name", "NAME" },
	{ NULL, NULL }
};

static const struct hook_kind *
kind_find(const char *name, struct err *err)
{
	const struct hook_kind *kind = hook_kind(name), *k;
	struct buf known;

	if (kind != NULL)
		return kind;
	buf_init(&known);
	for (k = hook_kinds; k->name != NULL; k++)
		buf_printf(&known, " %s", k->name);
	err_set(err, ERR_USAGE, "--kind: no \"%s\"; there are:%s", name,
	    known.data);
	buf_release(&known);
	return NULL;
}

int
hook_settings_check(const char *kind, const char *settings, bool is_new,
    struct err *err)
{
	const struct field *fields = hook_kind(kind)->settings;
	struct arena arena = ARENA_INIT;
	struct jsn *object = NULL;
	int rc = -1;

	if (jsn_parse(settings, strlen(settings), &object, err) < 0)
		goto out;
	if (jsn_type(object) != JSN_OBJECT)
		err_set(err, ERR_BAD_REQUEST, "not an object");
	else
		rc = field_check(object, is_new ? fields :
		    field_optional(&arena, fields), err);
out:
	jsn_free(&object);
	arena_release(&arena);
	return rc;
}

static int
settings_check(const char *kind, const char *settings, struct err *err)
{
	if (hook_settings_check(kind, settings, true, err) == 0)
		return 0;
	return err_prefix(err, "--settings");
}

/* The handle that is wanted, or a new one. */
static int
handle_make(struct ctl *ctl, const struct hook_kind *kind,
    char handle[HOOK_HANDLE_SIZE], struct err *err)
{
	const char *wanted = args_value(ctl, "handle");

	if (wanted == NULL)
		kind->new_handle(handle);
	else if (!id_parse_guid(wanted, handle))
		return err_set(err, ERR_USAGE, "--handle: \"%s\" is not a "
		    "GUID", wanted);
	return 0;
}

int
hook_texts_check(const struct ctl *ctl, struct err *err)
{
	const char *name = args_value(ctl, "name");
	const char *description = args_value(ctl, "description");

	if (name != NULL && input_length("--name", name, 255, err) < 0)
		return -1;
	return description == NULL || description[0] == '\0' ? 0 :
	    input_length("--description", description, 32767, err);
}

int
hook_store(struct ctl *ctl, const char *kind, const char *handle,
    const char *settings, char id[ID_OBJECT_SIZE], struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *description = args_value(ctl, "description");
	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT(kind),
		PG_TEXT(handle), PG_TEXT(args_value(ctl, "name")),
		PG_TEXT(description == NULL ? "" : description),
		PG_TEXT(settings)
	};
	struct pg_result *res = NULL;
	size_t made;

	id_object(id);
	if (hook_texts_check(ctl, err) < 0 ||
	    input_application(ctl, application, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_HOOK_CREATE, values, &res, err) < 0)
		return -1;
	made = pg_rows(res);
	pg_result_free(&res);
	return made > 0 ? 0 : err_set(err, ERR_CONFLICT, "--handle: \"%s\" is "
	    "in use", handle);
}

static int
hook_create(struct ctl *ctl, struct err *err)
{
	static const char *const keys[] = { "id", "handle", "path", NULL };
	const char *settings = args_value(ctl, "settings");
	char id[ID_OBJECT_SIZE], handle[HOOK_HANDLE_SIZE];
	const struct pg_value values[] = { PG_NULL, PG_TEXT(id), PG_NULL };
	const struct hook_kind *kind;

	if (settings == NULL)
		settings = "{}";
	if ((kind = kind_find(args_value(ctl, "kind"), err)) != NULL &&
	    strcmp(kind->name, "action") == 0)
		return err_set(err, ERR_USAGE, "--kind: actions are made with "
		    "creelctl action create");
	if (kind == NULL ||
	    handle_make(ctl, kind, handle, err) < 0 ||
	    settings_check(kind->name, settings, err) < 0 ||
	    hook_store(ctl, kind->name, handle, settings, id, err) < 0)
		return -1;
	return output_made(ctl, SQL_CTL_HOOK_LIST, values, keys, "hook", id,
	    err);
}

static int
hook_list(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const struct pg_value values[] = {
		PG_TEXT(application), PG_NULL, PG_NULL
	};

	if (application != NULL &&
	    input_application(ctl, application, err) < 0)
		return -1;
	return output_all(ctl, SQL_CTL_HOOK_LIST, values, columns,
	    "no hooks yet", err);
}

static int
hook_show(struct ctl *ctl, struct err *err)
{
	struct found_hook hook;
	struct pg_value values[] = { PG_NULL, PG_NULL, PG_NULL };

	if (input_hook(ctl, NULL, ctl->argument, &hook, err) < 0)
		return -1;
	values[0].data = hook.application;
	values[1].data = hook.id;
	return output_show(ctl, SQL_CTL_HOOK_LIST, values, "hook",
	    ctl->argument, err);
}

/* The kind that the command is about; NULL: any. */
static const char *
kind_meant(struct ctl *ctl)
{
	const char *group = args_group(ctl);

	return strcmp(group, "hook") == 0 ? NULL : group;
}

/* Runs a statement on the hook that was named, and says what was done. */
static int
hook_change(struct ctl *ctl, enum sql_id sql, const char *flag,
    const char *done, struct err *err)
{
	struct found_hook hook;
	struct pg_value values[] = { PG_NULL, PG_NULL, PG_TEXT(flag) };

	if (input_hook(ctl, kind_meant(ctl), ctl->argument, &hook, err) < 0)
		return -1;
	values[0].data = hook.application;
	values[1].data = hook.id;
	if (pg_run(ctl->db, sql, values, NULL, err) < 0)
		return -1;
	output_done(ctl, done, hook.id, done);
	return 0;
}

int
hook_enable(struct ctl *ctl, struct err *err)
{
	return hook_change(ctl, SQL_CTL_HOOK_ENABLE, "true", "enabled", err);
}

int
hook_disable(struct ctl *ctl, struct err *err)
{
	return hook_change(ctl, SQL_CTL_HOOK_ENABLE, "false", "disabled", err);
}

int
hook_delete(struct ctl *ctl, struct err *err)
{
	return hook_change(ctl, SQL_CTL_HOOK_DELETE, NULL, "deleted", err);
}
