/* SPDX-License-Identifier: ISC */
/* The handlers that creelctl key, token and user share: credentials. */
#include <stdio.h>
#include <string.h>

#include "auth/auth_key.h"
#include "auth/grant.h"
#include "auth/seal.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/jsn_write.h"
#include "ctl/ctl.h"

const struct output_column credential_columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "prefix", "PREFIX", 0 },
	{ "scopes", "SCOPES", OUTPUT_CUT },
	{ "enabled", "ENABLED", 0 },
	{ "expiresAt", "EXPIRES", OUTPUT_OMIT_LAST },
	{ "lastUsedAt", "LAST USED", OUTPUT_OPTIONAL },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	COLUMNS_END
};

int
credential_hooks(struct ctl *ctl, const char *option, const char *kind,
    const char *application, const char **out, struct err *err)
{
	const char *const *name = args_values(ctl, option);
	struct found hook;
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

	struct buf json;

	if (!ctl->json) {
		printf("%-*s %s\n%-*s %s\n\n%s\n", width, "id", id, width,
		    label, secret, note);
		return;
	}
	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_string(&json, "id", id);
	jsn_write_string(&json, member, secret);
	output_json(&json);
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
	const char *description = args_value(ctl, "description");
	const char *kind = ctl->command->of->kind, *scopes, *expires;
	char id[ID_OBJECT_SIZE];
	const struct seal_owner owner = { application, id };
	struct sealed sealed;
	struct key key;

	if (input_texts(ctl, err) < 0 ||
	    input_scopes(ctl, fallback, &scopes, err) < 0 ||
	    input_time(ctl, "--expires", args_value(ctl, "expires"),
	    &expires, err) < 0 ||
	    input_application(ctl, application, err) < 0)
		return -1;
	id_object(id);
	if (key_new(&grant_owner, scopes, &key, err) < 0 ||
	    seal_close(seal, &owner, key.text, &sealed, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT(key.hash),
		PG_TEXT(args_value(ctl, "name")), PG_TEXT(key.prefix),
		PG_TEXT(scopes), PG_TEXT(hooks), PG_TEXT(expires),
		PG_TEXT(kind), PG_TEXT(description), SEALED_VALUE(&sealed)
	};
	if (pg_run(ctl->db, SQL_CTL_KEY_CREATE, values, NULL, err) < 0)
		return -1;
	if (seal == NULL)
		credential_print(ctl, id, kind, kind, key.text);
	else
		secret_print(ctl, id, kind, kind, key.text,
		    "The key is sealed: creelctl key view shows it again.");
	return 0;
}

int
credential_rekey(struct ctl *ctl, enum sql_id sql, const char *member,
    const char *label, struct err *err)
{
	struct found found;
	struct key key;

	if (owned_find(ctl, &found, err) < 0)
		return -1;
	if (key_new(&grant_owner, "", &key, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(found.application), PG_TEXT(found.id),
		PG_TEXT("false"), PG_TEXT(key.hash), PG_TEXT(key.prefix)
	};
	if (pg_run(ctl->db, sql, values, NULL, err) < 0)
		return -1;
	credential_print(ctl, found.id, member, label, key.text);
	return 0;
}

/* Runs a statement on a credential and prints what was done. */
static int
credential_change(struct ctl *ctl, enum sql_id sql, const char *flag,
    const char *done, struct err *err)
{
	const char *kind = ctl->command->of->kind;
	const struct pg_value values[] = {
		PG_TEXT(ctl->argument), PG_TEXT(kind), PG_TEXT(flag)
	};
	struct pg_result *row = NULL;

	if (input_row(ctl, sql, values, kind, ctl->argument, &row, err) < 0)
		return -1;
	pg_result_free(&row);
	output_done(ctl, done, ctl->argument, done);
	return 0;
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
