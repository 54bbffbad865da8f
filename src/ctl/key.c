/* creelctl key: API keys. */
#include <stdio.h>
#include <string.h>

#include "auth/auth_key.h"
#include "base/ids.h"
#include "ctl/ctl.h"

static int key_create(struct ctl *, struct err *);
static int key_list(struct ctl *, struct err *);
static int key_show(struct ctl *, struct err *);
static int key_enable(struct ctl *, struct err *);
static int key_disable(struct ctl *, struct err *);
static int key_delete(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose it is", 0 },
	{ "name", "NAME", OPTION_REQUIRED, "what people call it", 0 },
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "what it may do, else datasource.post", 0 },
	{ "hook", "ID|HANDLE", OPTION_REPEATABLE,
	    "a hook it may reach, else all", 0 },
	{ "expires", "TIME", 0, "until when it is good: 2030-01-31, +30d", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option list_options[] = {
	{ "application", "ID", 0, "only this one's", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command key_commands[] = {
	{ "key create", NULL, create_options, 0, key_create,
	    "Make an API key; answers it, this one time." },
	{ "key list", NULL, list_options, 0, key_list, "List the API keys." },
	{ "key show", "ID", NULL, 0, key_show, "Show what a key may do." },
	{ "key enable", "ID", NULL, 0, key_enable, "Let a key in again." },
	{ "key disable", "ID", NULL, 0, key_disable, "Turn a key away." },
	{ "key delete", "ID", NULL, 0, key_delete, "Delete a key." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
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

/* The ids of --hook as an array's text; NULL when there are none. */
static int
hooks_read(struct ctl *ctl, const char *application, const char **out,
    struct err *err)
{
	const char *const *name = args_values(ctl, "hook");
	struct found_hook hook;
	const char *list = NULL;

	for (; *name != NULL; name++) {
		if (input_hook(ctl, *name, &hook, err) < 0)
			return -1;
		if (strcmp(hook.application, application) != 0)
			return err_set(err, ERR_NOT_FOUND, "no hook \"%s\" "
			    "in application \"%s\"", *name, application);
		list = list == NULL ? hook.id : arena_printf(&ctl->arena,
		    "%s,%s", list, hook.id);
	}
	*out = list == NULL ? NULL :
	    arena_printf(&ctl->arena, "{%s}", list);
	return 0;
}

static int
key_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *name = args_value(ctl, "name");
	const char *scopes, *hooks = NULL, *expires;
	char id[ID_OBJECT_SIZE], key[KEY_SIZE], hash[KEY_HASH_SIZE];
	struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT(hash),
		PG_TEXT(name), PG_NULL, PG_NULL, PG_NULL, PG_NULL
	};

	if (input_length("--name", name, 255, err) < 0 ||
	    input_scopes(ctl, ",", &scopes, err) < 0 ||
	    input_time(ctl, "--expires", args_value(ctl, "expires"),
	    &expires, err) < 0 ||
	    input_application(ctl, application, err) < 0 ||
	    hooks_read(ctl, application, &hooks, err) < 0)
		return -1;
	id_object(id);
	key_new(key);
	key_hash(key, hash);
	values[4].data = arena_copy(&ctl->arena, key, KEY_PREFIX_SIZE - 1);
	values[5].data = arena_printf(&ctl->arena, "{%s}", scopes);
	values[6].data = hooks;
	values[7].data = expires;
	if (pg_run(ctl->db, SQL_CTL_KEY_CREATE, values, NULL, err) < 0)
		return -1;
	if (ctl->json)
		printf("{\"id\":\"%s\",\"key\":\"%s\"}\n", id, key);
	else
		printf("id   %s\nkey  %s\n\nKeep the key now: it is not "
		    "stored and cannot be shown again.\n", id, key);
	return 0;
}

static int
key_list(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const struct pg_value values[] = { PG_TEXT(application), PG_NULL };

	if (application != NULL &&
	    input_application(ctl, application, err) < 0)
		return -1;
	return output_all(ctl, SQL_CTL_KEY_LIST, values, columns,
	    "no keys yet", err);
}

static int
key_show(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_NULL, PG_TEXT(ctl->argument) };

	return output_show(ctl, SQL_CTL_KEY_LIST, values, "key",
	    ctl->argument, err);
}

/* Runs a statement on the key that was named, and says what was done. */
static int
key_change(struct ctl *ctl, enum sql_id sql, const char *flag,
    const char *done, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(ctl->argument), PG_TEXT(flag)
	};
	struct pg_result *res = NULL;
	int rc = 0;

	if (pg_run(ctl->db, sql, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no key \"%s\"",
		    ctl->argument);
	else
		output_done(ctl, done, ctl->argument, done);
	pg_result_free(&res);
	return rc;
}

static int
key_enable(struct ctl *ctl, struct err *err)
{
	return key_change(ctl, SQL_CTL_KEY_ENABLE, "true", "enabled", err);
}

static int
key_disable(struct ctl *ctl, struct err *err)
{
	return key_change(ctl, SQL_CTL_KEY_ENABLE, "false", "disabled", err);
}

static int
key_delete(struct ctl *ctl, struct err *err)
{
	return key_change(ctl, SQL_CTL_KEY_DELETE, NULL, "deleted", err);
}
