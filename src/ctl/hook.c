/* SPDX-License-Identifier: ISC */
/* creelctl hook: hooks, the URLs that receive calls. */
#include <string.h>

#include "base/buf.h"
#include "base/field.h"
#include "base/jsn.h"
#include "ctl/ctl.h"
#include "hook/hook.h"

#define NAME_SHOWN 64		/* bytes of an unknown member's name */

static int hook_create(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	{ "kind", "KIND", OPTION_REQUIRED, "datasource, form or webhook", 0 },
	OPTION_NAME,
	OPTION_DESCRIPTION,
	{ "handle", "GUID", 0, "the handle in the URL; default: random", 0 },
	{ "settings", "JSON", 0, "an object with the kind's settings", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "kind", "KIND", 0 },
	{ "handle", "HANDLE", OUTPUT_CUT },
	{ "enabled", "ENABLED", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	COLUMNS_END
};

static const struct owned hooks = {
	"hook", OWNED_HOOK, SQL_CTL_HOOK_LIST, SQL_CTL_HOOK_DELETE, columns
};

const struct command hook_commands[] = {
	{ "hook create", NULL, create_options, 0, hook_create, &hooks,
	    "Create a hook and print its ID, handle and path." },
	{ "hook list", NULL, owned_list_options, 0, owned_list, &hooks,
	    "List the hooks." },
	{ "hook show", "ID|HANDLE", NULL, 0, owned_show, &hooks,
	    "Show a hook." },
	{ "hook enable", "ID|HANDLE", NULL, 0, hook_enable, &hooks,
	    "Enable a hook." },
	{ "hook disable", "ID|HANDLE", NULL, 0, hook_disable, &hooks,
	    "Disable a hook; its calls are not stored." },
	{ "hook delete", "ID|HANDLE", NULL, 0, owned_delete, &hooks,
	    "Delete a hook; its events remain." },
	COMMANDS_END
};

/* Actions are created by a command of their own, and a form by another or from
 * its settings. */
static int
kind_check(const char *name, const char *settings, struct err *err)
{
	const struct hook_kind *k;
	struct buf known;
	int rc;

	if (strcmp(name, "action") == 0 ||
	    (strcmp(name, "form") == 0 && settings == NULL))
		return err_set(err, ERR_USAGE, "--kind: use creelctl %s "
		    "create for %ss", name, name);
	buf_init(&known);
	for (k = hook_kinds; k->name != NULL; k++)
		if (strcmp(k->name, "action") != 0)
			buf_printf(&known, "%s ", k->name);
	rc = input_word("--kind", known.data, name, err);
	buf_release(&known);
	return rc;
}

struct known {
	const struct field *fields;
	struct err *err;
};

/* Implements jsn_each()'s fn: fails at a member that is in no row of the table
 * (ctx), and lists the rows. */
static int
member_check(const char *name, const struct jsn *value, void *ctx)
{
	const struct known *known = ctx;
	const struct field *f;
	struct buf text;

	(void)value;
	for (f = known->fields; f->type != FIELD_TYPE_END; f++)
		if (strcmp(f->name, name) == 0)
			return 0;
	buf_init(&text);
	jsn_put_string(&text, name, strnlen(name, NAME_SHOWN));
	buf_addstr(&text, ", must be one of");
	for (f = known->fields; f->type != FIELD_TYPE_END; f++)
		buf_printf(&text, " %s", f->name);
	err_set(known->err, ERR_BAD_REQUEST, "unknown member %s", text.data);
	buf_release(&text);
	return -1;
}

int
hook_settings_check(const char *kind, const char *settings, bool is_new,
    struct err *err)
{
	const struct field *fields = hook_kind(kind)->settings;
	struct known known = { fields, err };
	struct arena arena = ARENA_INIT;
	struct jsn *object = NULL;
	int rc = -1;

	if (jsn_parse(settings, strlen(settings), &object, err) < 0)
		goto out;
	if (jsn_type(object) != JSN_OBJECT)
		err_set(err, ERR_BAD_REQUEST, "must be an object");
	else if (jsn_each(object, member_check, &known) == 0)
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

/* Sets handle to --handle, or to a new one. */
static int
handle_make(struct ctl *ctl, const struct hook_kind *kind,
    char handle[HOOK_HANDLE_SIZE], struct err *err)
{
	const char *wanted = args_value(ctl, "handle");

	if (wanted == NULL)
		kind->new_handle(handle);
	else if (!id_parse_guid(wanted, handle))
		return err_set(err, ERR_USAGE, "--handle: must be a GUID, not "
		    "\"%s\"", wanted);
	return 0;
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
	if (input_texts(ctl, err) < 0 ||
	    input_application(ctl, application, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_HOOK_CREATE, values, &res, err) < 0)
		return -1;
	made = pg_rows(res);
	pg_result_free(&res);
	return made > 0 ? 0 : err_set(err, ERR_CONFLICT,
	    "--handle: already in use");
}

static int
hook_create(struct ctl *ctl, struct err *err)
{
	static const char *const keys[] = { "id", "handle", "path", NULL };
	const char *settings = args_value(ctl, "settings");
	char id[ID_OBJECT_SIZE], handle[HOOK_HANDLE_SIZE];
	const struct pg_value values[] = { PG_NULL, PG_TEXT(id), PG_NULL };
	const char *kind = args_value(ctl, "kind");

	if (kind_check(kind, settings, err) < 0)
		return -1;
	if (settings == NULL)
		settings = "{}";
	if (handle_make(ctl, hook_kind(kind), handle, err) < 0 ||
	    settings_check(kind, settings, err) < 0 ||
	    hook_store(ctl, kind, handle, settings, id, err) < 0)
		return -1;
	return output_created(ctl, SQL_CTL_HOOK_LIST, values, keys, "hook", id,
	    err);
}

int
hook_enable(struct ctl *ctl, struct err *err)
{
	return owned_run(ctl, SQL_CTL_HOOK_ENABLE, "true", "enabled", err);
}

int
hook_disable(struct ctl *ctl, struct err *err)
{
	return owned_run(ctl, SQL_CTL_HOOK_ENABLE, "false", "disabled", err);
}
