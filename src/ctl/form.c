/* SPDX-License-Identifier: ISC */
/* creelctl form: forms, the details that senders need, and SQL views of
 * records. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/jsn.h"
#include "base/jsn_write.h"
#include "ctl/ctl.h"
#include "hook/form_details.h"
#include "hook/form_type.h"
#include "hook/hook.h"
#include "http/http.h"

#define VIEW_NAME_MAX 63	/* bytes, as PostgreSQL limits names */

static int form_create(struct ctl *, struct err *);
static int form_change(struct ctl *, struct err *);
static int form_details_show(struct ctl *, struct err *);
static int form_view(struct ctl *, struct err *);

#define FORM_OPTIONS \
	OPTION_DESCRIPTION, \
	{ "field", "NAME:TYPE[:required]", OPTION_REPEATABLE, \
	    "a field", 0 }, \
	{ "fields", "JSON", 0, "all fields as an array, with limits", 0 }, \
	{ "usage", "USAGE", OPTION_REPEATABLE, \
	    "Webhook, Web, Mobile; or none", 0 }, \
	{ "lenient", "true|false", 0, \
	    "read numbers and dates in other spellings", 0 }, \
	{ "time-zone", "ZONE", 0, \
	    "UTC or +05:30, of date-times without one", 0 }, \
	OPTIONS_END

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	OPTION_NAME,
	FORM_OPTIONS
};

static const struct ctl_option change_options[] = {
	{ "name", "NAME", 0, "1 to 255 characters", 0 },
	FORM_OPTIONS
};

static const struct ctl_option view_options[] = {
	{ "name", "VIEW", 0, "default: the name of the form", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "appKey", "APP KEY", OUTPUT_CUT },
	{ "appUsage", "USAGE", OUTPUT_CUT },
	{ "enabled", "ENABLED", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	COLUMNS_END
};

static const struct owned forms = {
	"form", OWNED_HOOK | OWNED_FOR_PEOPLE, SQL_CTL_FORM_LIST,
	SQL_CTL_HOOK_DELETE, columns
};

const struct command form_commands[] = {
	{ "form create", NULL, create_options, 0, form_create, &forms,
	    "Create a form and print its ID, app key and path." },
	{ "form list", NULL, owned_list_options, 0, owned_list, &forms,
	    "List the forms." },
	{ "form show", "ID|KEY", NULL, 0, owned_show, &forms,
	    "Show a form." },
	{ "form change", "ID|KEY", change_options, 0, form_change, &forms,
	    "Change the given properties of a form." },
	{ "form enable", "ID|KEY", NULL, 0, hook_enable, &forms,
	    "Enable a form." },
	{ "form disable", "ID|KEY", NULL, 0, hook_disable, &forms,
	    "Disable a form; callers see it as deleted." },
	{ "form delete", "ID|KEY", NULL, 0, owned_delete, &forms,
	    "Delete a form and its view; its events remain." },
	{ "form details", "ID|KEY", NULL, 0, form_details_show, &forms,
	    "Print URLs, headers and an example body." },
	{ "form view", "ID|KEY", view_options, 0, form_view, &forms,
	    "Create or update an SQL view of a form's records." },
	COMMANDS_END
};

static int
type_check(const char *type, size_t len, struct err *err)
{
	const struct form_type *t;
	struct buf known;

	if (form_type_find(type, len) != NULL)
		return 0;
	buf_init(&known);
	for (t = form_types; t->name != NULL; t++)
		buf_printf(&known, " %s", t->name);
	err_set(err, ERR_USAGE, "--field: the type must be one of%s, not "
	    "\"%.*s\"", known.data, (int)len, type);
	buf_release(&known);
	return -1;
}

/* Writes "NAME:TYPE[:required]" as a field; the name may contain colons. */
static int
field_write(const char *text, struct buf *out, struct err *err)
{
	static const char suffix[] = ":required";
	size_t n = strlen(text), size = sizeof(suffix) - 1;
	const char *type;
	bool required;

	required = n > size && strcmp(text + n - size, suffix) == 0;
	if (required)
		n -= size;
	type = memrchr(text, ':', n);
	if (type == NULL)
		return err_set(err, ERR_USAGE, "--field: must be "
		    "NAME:TYPE[:required], not \"%s\"", text);
	if (type_check(type + 1, (size_t)(text + n - type - 1), err) < 0)
		return -1;
	jsn_write_object(out, NULL);
	jsn_write_chars(out, "name", text, (size_t)(type - text));
	jsn_write_chars(out, "type", type + 1, (size_t)(text + n - type - 1));
	if (required)
		jsn_write_bool(out, "required", true);
	jsn_write_end(out, '}');
	return 0;
}

/* Writes --fields or each --field, if one of them was given. */
static int
fields_write(struct ctl *ctl, struct buf *out, struct err *err)
{
	const char *const *field = args_values(ctl, "field");
	const char *fields = args_value(ctl, "fields");

	if (fields != NULL && *field != NULL)
		return err_set(err, ERR_USAGE,
		    "--field and --fields exclude each other");
	if (fields != NULL) {
		jsn_write_json(out, "fields", fields, strlen(fields));
		return input_json("--fields", fields, err);
	}
	if (*field == NULL)
		return 0;
	jsn_write_array(out, "fields");
	for (; *field != NULL; field++)
		if (field_write(*field, out, err) < 0)
			return -1;
	jsn_write_end(out, ']');
	return 0;
}

static void
usage_write(struct ctl *ctl, struct buf *out)
{
	const char *const *usage = args_values(ctl, "usage");
	bool none = *usage != NULL && usage[1] == NULL &&
	    strcmp(*usage, "none") == 0;

	if (*usage != NULL)
		input_write_texts(out, "appUsage", none ? usage + 1 : usage);
}

/* Writes --lenient and --time-zone, if they were given. */
static int
reading_write(struct ctl *ctl, struct buf *out, struct err *err)
{
	const char *lenient = args_value(ctl, "lenient");
	const char *zone = args_value(ctl, "time-zone");

	if (lenient != NULL) {
		if (input_word("--lenient", "true false", lenient, err) < 0)
			return -1;
		jsn_write_bool(out, "lenient", *lenient == 't');
	}
	if (zone != NULL)
		jsn_write_string(out, "timeZone", zone);
	return 0;
}

/* The settings that the options give, as a JSON object. */
static int
settings_make(struct ctl *ctl, const char **out, struct err *err)
{
	struct buf b;
	int rc;

	buf_init(&b);
	jsn_write_object(&b, NULL);
	rc = fields_write(ctl, &b, err);
	usage_write(ctl, &b);
	if (rc == 0)
		rc = reading_write(ctl, &b, err);
	jsn_write_end(&b, '}');
	*out = arena_take(&ctl->arena, &b);
	return rc;
}

static int
form_create(struct ctl *ctl, struct err *err)
{
	static const char *const keys[] = { "id", "appKey", "path", NULL };
	char id[ID_OBJECT_SIZE], key[HOOK_HANDLE_SIZE];
	const struct pg_value values[] = {
		PG_NULL, PG_TEXT(id), PG_TEXT(ctl->json ? "false" : "true")
	};
	const char *settings;

	if (args_value(ctl, "field") == NULL &&
	    args_value(ctl, "fields") == NULL)
		return err_set(err, ERR_USAGE, "--field: required");
	hook_kind("form")->new_handle(key);
	if (settings_make(ctl, &settings, err) < 0 ||
	    hook_settings_check("form", settings, true, err) < 0 ||
	    hook_store(ctl, "form", key, settings, id, err) < 0)
		return -1;
	return output_created(ctl, SQL_CTL_FORM_LIST, values, keys, "form", id,
	    err);
}

static int
form_change(struct ctl *ctl, struct err *err)
{
	struct found form;
	const char *settings;

	if (input_texts(ctl, err) < 0 ||
	    settings_make(ctl, &settings, err) < 0 ||
	    hook_settings_check("form", settings, false, err) < 0 ||
	    owned_find(ctl, &form, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(form.application), PG_TEXT(form.id), PG_NULL,
		PG_TEXT("false"), PG_TEXT(args_value(ctl, "name")),
		PG_TEXT(args_value(ctl, "description")), PG_NULL,
		PG_TEXT(settings)
	};
	if (pg_run(ctl->db, SQL_FORM_PATCH, values, NULL, err) < 0)
		return -1;
	output_done(ctl, "changed", form.id, "changed");
	return 0;
}

static int
header_print(const char *name, const struct jsn *value, void *ctx)
{
	const char **left = ctx;

	output_line("%-24s  %s: %s", *left, name, jsn_string(value));
	*left = "";
	return 0;
}

static int
structure_print(const char *name, const struct jsn *value, void *ctx)
{
	const char **left = ctx;
	struct buf b;

	buf_init(&b);
	jsn_put_string(&b, name, strlen(name));
	buf_addstr(&b, ": ");
	jsn_print(value, &b);
	printf("%s\n  ", *left);
	output_text(b.data, b.len, false);
	*left = ",";
	buf_release(&b);
	return 0;
}

/* Prints the details as a form's popup shows them (wire/quixy 4.1). */
static int
details_print(const char *json, struct err *err)
{
	const char *headers = "Headers", *comma = "{";
	struct jsn *d = NULL;

	if (jsn_parse(json, strlen(json), &d, err) < 0)
		return -1;
	output_line("%-24s  %s", "Request Type",
	    jsn_string(jsn_get(d, "requestType")));
	output_line("%-24s  %s", "API URL", jsn_string(jsn_get(d, "apiUrl")));
	jsn_each(jsn_get(d, "headers"), header_print, &headers);
	output_line("%-24s  %s", "Webhook Status Check URL",
	    jsn_string(jsn_get(d, "statusCheckUrl")));
	output_line("%-24s  %s", "History",
	    jsn_string(jsn_get(d, "historyUrl")));
	printf("JSON Structure\n");
	jsn_each(jsn_get(d, "jsonStructure"), structure_print, &comma);
	printf("\n}\n");
	jsn_free(&d);
	return 0;
}

static int
details_make(struct ctl *ctl, const struct found *form, const char **json,
    struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(form->application), PG_TEXT(form->id), PG_NULL
	};
	struct pg_result *row = NULL;
	int rc;

	if (pg_run(ctl->db, SQL_FORM_WEBHOOK, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0 || pg_text(row, 0, 0) == NULL)
		rc = err_set(err, ERR_NOT_FOUND, "form \"%s\": the usage "
		    "does not include Webhook",
		    ctl->argument);
	else
		rc = form_details(&ctl->arena,
		    http_public_url(&ctl->arena, ctl->conf),
		    pg_text(row, 0, 0), pg_text(row, 0, 1), json, err);
	pg_result_free(&row);
	return rc;
}

static int
form_details_show(struct ctl *ctl, struct err *err)
{
	struct found form;
	const char *json = NULL;

	if (owned_find(ctl, &form, err) < 0 ||
	    details_make(ctl, &form, &json, err) < 0)
		return -1;
	if (ctl->json) {
		output_raw(json);
		putchar('\n');
		return 0;
	}
	if (details_print(json, err) < 0)
		return -1;
	if (ctl->conf->public_url[0] == '\0')
		printf("\nSet public_url in creel.conf to print URLs instead "
		    "of paths.\n");
	return 0;
}

static int
form_view(struct ctl *ctl, struct err *err)
{
	const char *name = args_value(ctl, "name");
	struct pg_result *res = NULL;
	struct found form;
	int rc = 0;

	if (name != NULL && (*name == '\0' || strlen(name) > VIEW_NAME_MAX))
		return err_set(err, ERR_USAGE, "--name: must be 1 to %d bytes, "
		    "not %zu", VIEW_NAME_MAX, strlen(name));
	if (owned_find(ctl, &form, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(form.application), PG_TEXT(form.id), PG_TEXT(name)
	};
	if (pg_run(ctl->db, SQL_CTL_FORM_VIEW, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0 || pg_text(res, 0, 0) == NULL)
		rc = err_set(err, ERR_CONFLICT, "--name: already in use");
	else
		output_done(ctl, "view", pg_text(res, 0, 0),
		    pg_text(res, 0, 0));
	pg_result_free(&res);
	return rc;
}
