/* creelctl hook: receiving addresses. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/ids.h"
#include "base/jsn.h"
#include "ctl/ctl.h"
#include "resource/hook.h"

static int hook_create(struct ctl *, struct err *);
static int hook_list(struct ctl *, struct err *);
static int hook_show(struct ctl *, struct err *);
static int hook_enable(struct ctl *, struct err *);
static int hook_disable(struct ctl *, struct err *);
static int hook_delete(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose it is", 0 },
	{ "kind", "KIND", OPTION_REQUIRED, "datasource", 0 },
	{ "name", "NAME", OPTION_REQUIRED, "what people call it", 0 },
	{ "description", "TEXT", 0, "what it is for", 0 },
	{ "handle", "GUID", 0, "what callers name it by; else a new one", 0 },
	{ "settings", "JSON", 0, "an object with the kind's settings", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option list_options[] = {
	{ "application", "ID", 0, "only this one's", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command hook_commands[] = {
	{ "hook create", NULL, create_options, 0, hook_create,
	    "Make a hook; answers its id, handle and path." },
	{ "hook list", NULL, list_options, 0, hook_list, "List the hooks." },
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

static int
settings_check(const struct hook_kind *kind, const char *settings,
    struct err *err)
{
	struct jsn *object = NULL;
	int rc = -1;

	if (jsn_parse(settings, strlen(settings), &object, err) < 0)
		goto out;
	if (jsn_type(object) != JSN_OBJECT)
		err_set(err, ERR_BAD_REQUEST, "not an object");
	else
		rc = field_check(object, kind->settings, err);
out:
	if (rc < 0)
		err_prefix(err, "--settings");
	jsn_free(&object);
	return rc;
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

/* What was made: all of it in JSON, else what one goes on with. */
static int
created_print(struct ctl *ctl, const char *id, struct err *err)
{
	static const char *const keys[] = { "id", "handle", "path" };
	const struct pg_value values[] = { PG_NULL, PG_TEXT(id) };
	struct pg_result *res = NULL;
	struct jsn *hook = NULL;
	const char *text;
	size_t i;
	int rc = -1;

	if (ctl->json)
		return output_show(ctl, SQL_CTL_HOOK_LIST, values, "hook", id,
		    err);
	if (pg_run(ctl->db, SQL_CTL_HOOK_LIST, values, &res, err) < 0)
		return -1;
	text = pg_rows(res) == 0 ? NULL : pg_text(res, 0, 0);
	if (text == NULL)
		err_set(err, ERR_NOT_FOUND, "no hook \"%s\"", id);
	else
		rc = jsn_parse(text, strlen(text), &hook, err);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if ((text = jsn_string(jsn_get(hook, keys[i]))) != NULL)
			printf("%-6s  %s\n", keys[i], text);
	jsn_free(&hook);
	pg_result_free(&res);
	return rc;
}

static int
hook_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *kind_name = args_value(ctl, "kind");
	const char *name = args_value(ctl, "name");
	const char *description = args_value(ctl, "description");
	const char *settings = args_value(ctl, "settings");
	char id[ID_OBJECT_SIZE], handle[HOOK_HANDLE_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT(kind_name),
		PG_TEXT(handle), PG_TEXT(name),
		PG_TEXT(description == NULL ? "" : description),
		PG_TEXT(settings == NULL ? "{}" : settings)
	};
	const struct hook_kind *kind;
	struct pg_result *res = NULL;
	size_t made;

	id_object(id);
	if ((kind = kind_find(kind_name, err)) == NULL ||
	    handle_make(ctl, kind, handle, err) < 0 ||
	    input_length("--name", name, 255, err) < 0 ||
	    (description != NULL && description[0] != '\0' &&
	    input_length("--description", description, 32767, err) < 0) ||
	    settings_check(kind, values[6].data, err) < 0 ||
	    input_application(ctl, application, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_HOOK_CREATE, values, &res, err) < 0)
		return -1;
	made = pg_rows(res);
	pg_result_free(&res);
	if (made == 0)
		return err_set(err, ERR_CONFLICT, "--handle: \"%s\" is in "
		    "use", handle);
	return created_print(ctl, id, err);
}

static int
hook_list(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const struct pg_value values[] = { PG_TEXT(application), PG_NULL };

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
	struct pg_value values[] = { PG_NULL, PG_NULL };

	if (input_hook(ctl, ctl->argument, &hook, err) < 0)
		return -1;
	values[0].data = hook.application;
	values[1].data = hook.id;
	return output_show(ctl, SQL_CTL_HOOK_LIST, values, "hook",
	    ctl->argument, err);
}

/* Runs a statement on the hook that was named, and says what was done. */
static int
hook_change(struct ctl *ctl, enum sql_id sql, const char *flag,
    const char *done, struct err *err)
{
	struct found_hook hook;
	struct pg_value values[] = { PG_NULL, PG_NULL, PG_TEXT(flag) };

	if (input_hook(ctl, ctl->argument, &hook, err) < 0)
		return -1;
	values[0].data = hook.application;
	values[1].data = hook.id;
	if (pg_run(ctl->db, sql, values, NULL, err) < 0)
		return -1;
	output_done(ctl, done, hook.id, done);
	return 0;
}

static int
hook_enable(struct ctl *ctl, struct err *err)
{
	return hook_change(ctl, SQL_CTL_HOOK_ENABLE, "true", "enabled", err);
}

static int
hook_disable(struct ctl *ctl, struct err *err)
{
	return hook_change(ctl, SQL_CTL_HOOK_ENABLE, "false", "disabled", err);
}

static int
hook_delete(struct ctl *ctl, struct err *err)
{
	return hook_change(ctl, SQL_CTL_HOOK_DELETE, NULL, "deleted", err);
}
