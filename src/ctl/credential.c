/* SPDX-License-Identifier: ISC */
/* What creelctl's key, token and user have in common: credentials. */
#include <stdio.h>
#include <string.h>

#include "auth/auth_key.h"
#include "auth/seal.h"
#include "base/ids.h"
#include "ctl/ctl.h"

const struct ctl_option credential_list_options[] = {
	{ "application", "ID", 0, "only this one's", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "applicationId", "APPLICATION" },
	{ "prefix", "PREFIX" },
	{ "scopes", "SCOPES" },
	{ "enabled", "ENABLED" },
	{ "expiresAt", "EXPIRES" },
	{ "lastUsedAt", "LAST USED" },
	{ "name", "NAME" },
	{ NULL, NULL }
};

int
credential_hooks(struct ctl *ctl, const char *option, const char *kind,
    const char *application, const char **out, struct err *err)
{
	const char *const *name = args_values(ctl, option);
	struct found_hook hook;
	const char *list = NULL;

	for (; *name != NULL; name++) {
		if (input_hook(ctl, kind, *name, &hook, err) < 0)
			return -1;
		if (strcmp(hook.application, application) != 0)
			return err_set(err, ERR_NOT_FOUND, "no %s \"%s\" in "
			    "application \"%s\"", option, *name,
			    application);
		list = list == NULL ? hook.id : arena_printf(&ctl->arena,
		    "%s,%s", list, hook.id);
	}
	*out = list == NULL ? NULL :
	    arena_printf(&ctl->arena, "{%s}", list);
	return 0;
}

static void
secret_print(const struct ctl *ctl, const char *id, const char *member,
    const char *label, const char *secret, const char *note)
{
	int width = (int)strlen(label) < 6 ? 6 : (int)strlen(label);

	if (ctl->json)
		printf("{\"id\":\"%s\",\"%s\":\"%s\"}\n", id, member,
		    secret);
	else
		printf("%-*s %s\n%-*s %s\n\n%s\n", width, "id", id, width,
		    label, secret, note);
}

void
credential_print(const struct ctl *ctl, const char *id, const char *member,
    const char *label, const char *secret)
{
	char note[128];

	snprintf(note, sizeof(note), "Keep the %s now: it is not stored and "
	    "cannot be shown again.", label);
	secret_print(ctl, id, member, label, secret, note);
}

int
credential_create(struct ctl *ctl, const char *fallback, const char *hooks,
    const struct seal *seal, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *name = args_value(ctl, "name");
	const char *description = args_value(ctl, "description");
	const char *kind = args_group(ctl), *scopes, *expires;
	char id[ID_OBJECT_SIZE];
	const struct seal_owner owner = { application, id };
	struct sealed sealed;
	struct key key;

	if (input_length("--name", name, 255, err) < 0 ||
	    (description != NULL && description[0] != '\0' &&
	    input_length("--description", description, 32767, err) < 0) ||
	    input_scopes(ctl, ",", fallback, &scopes, err) < 0 ||
	    input_time(ctl, "--expires", args_value(ctl, "expires"),
	    &expires, err) < 0 ||
	    input_application(ctl, application, err) < 0)
		return -1;
	id_object(id);
	key_new(&key);
	if (seal_close(seal, &owner, key.text, &sealed, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT(key.hash),
		PG_TEXT(name), PG_TEXT(key.prefix),
		PG_TEXT(arena_printf(&ctl->arena, "{%s}", scopes)),
		PG_TEXT(hooks), PG_TEXT(expires), PG_TEXT(kind),
		PG_TEXT(description), SEALED_VALUE(&sealed)
	};
	if (pg_run(ctl->db, SQL_CTL_KEY_CREATE, values, NULL, err) < 0)
		return -1;
	if (seal == NULL)
		credential_print(ctl, id, kind, kind, key.text);
	else
		secret_print(ctl, id, kind, kind, key.text,
		    "It was sealed: creelctl key view shows it again.");
	return 0;
}

int
credential_list_as(struct ctl *ctl, const struct output_column *as,
    struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *kind = args_group(ctl);
	const struct pg_value values[] = {
		PG_TEXT(application), PG_NULL, PG_TEXT(kind)
	};

	if (application != NULL &&
	    input_application(ctl, application, err) < 0)
		return -1;
	return output_all(ctl, SQL_CTL_KEY_LIST, values, as,
	    arena_printf(&ctl->arena, "no %ss yet", kind), err);
}

int
credential_list(struct ctl *ctl, struct err *err)
{
	return credential_list_as(ctl, columns, err);
}

int
credential_show(struct ctl *ctl, struct err *err)
{
	const char *kind = args_group(ctl);
	const struct pg_value values[] = {
		PG_NULL, PG_TEXT(ctl->argument), PG_TEXT(kind)
	};

	return output_show(ctl, SQL_CTL_KEY_LIST, values, kind, ctl->argument,
	    err);
}

/* Runs a statement on the one that was named, and says what was done. */
static int
credential_change(struct ctl *ctl, enum sql_id sql, const char *flag,
    const char *done, struct err *err)
{
	const char *kind = args_group(ctl);
	const struct pg_value values[] = {
		PG_TEXT(ctl->argument), PG_TEXT(kind), PG_TEXT(flag)
	};
	struct pg_result *res = NULL;
	int rc = 0;

	if (pg_run(ctl->db, sql, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no %s \"%s\"", kind,
		    ctl->argument);
	else
		output_done(ctl, done, ctl->argument, done);
	pg_result_free(&res);
	return rc;
}

int
credential_enable(struct ctl *ctl, struct err *err)
{
	return credential_change(ctl, SQL_CTL_KEY_ENABLE, "true", "enabled",
	    err);
}

int
credential_disable(struct ctl *ctl, struct err *err)
{
	return credential_change(ctl, SQL_CTL_KEY_ENABLE, "false", "disabled",
	    err);
}

int
credential_delete(struct ctl *ctl, struct err *err)
{
	return credential_change(ctl, SQL_CTL_KEY_DELETE, NULL, "deleted",
	    err);
}
