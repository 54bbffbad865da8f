/* SPDX-License-Identifier: ISC */
/* creelctl user: who sends to an application's forms, with a Secret Key. */
#include "auth/auth_key.h"
#include "ctl/ctl.h"
#include "resource/user.h"

static int user_create(struct ctl *, struct err *);
static int user_list(struct ctl *, struct err *);
static int user_key(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose forms", 0 },
	{ "email", "ADDRESS", OPTION_REQUIRED, "who it is", 0 },
	{ "form", "ID|KEY", OPTION_REPEATABLE, "a form, else all", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command user_commands[] = {
	{ "user create", NULL, create_options, 0, user_create,
	    "Make a user; answers the Secret Key, this one time." },
	{ "user list", NULL, credential_list_options, 0, user_list,
	    "List the users." },
	{ "user show", "ID", NULL, 0, credential_show, "Show a user." },
	{ "user enable", "ID", NULL, 0, credential_enable,
	    "Give Integration Access again." },
	{ "user disable", "ID", NULL, 0, credential_disable,
	    "Take Integration Access." },
	{ "user key", "ID", NULL, 0, user_key,
	    "Make a new Secret Key; the old one is nobody's then." },
	{ "user delete", "ID", NULL, 0, credential_delete, "Delete a user." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "applicationId", "APPLICATION" },
	{ "prefix", "PREFIX" },
	{ "enabled", "ENABLED" },
	{ "lastUsedAt", "LAST USED" },
	{ "hookIds", "FORMS" },
	{ "name", "E-MAIL" },
	{ NULL, NULL }
};

static void
secret_print(const struct ctl *ctl, const char *id, const char *key)
{
	credential_print(ctl, id, "secretKey", "Secret Key", key);
}

static int
user_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *email = args_value(ctl, "email"), *forms = NULL;
	struct pg_result *res = NULL;
	char id[ID_OBJECT_SIZE];
	struct key key;
	int rc = 0;

	if (user_email_check(email, err) < 0)
		return err_set(err, ERR_USAGE, "--email: \"%s\" is not an "
		    "e-mail address", email);
	if (input_application(ctl, application, err) < 0 ||
	    credential_hooks(ctl, "form", "form", application, &forms,
	    err) < 0)
		return -1;
	id_object(id);
	key_new(&key);

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("false"),
		PG_TEXT(key.hash), PG_TEXT(key.prefix), PG_TEXT(email),
		PG_NULL, PG_TEXT(forms), PG_NULL
	};
	if (pg_run(ctl->db, SQL_USER_CREATE, values, &res, err) < 0)
		return -1;
	if (pg_column(res, "json") == NULL)
		rc = err_set(err, ERR_CONFLICT, "--email: \"%s\" is a user",
		    email);
	else
		secret_print(ctl, id, key.text);
	pg_result_free(&res);
	return rc;
}

static int
user_list(struct ctl *ctl, struct err *err)
{
	return credential_list_as(ctl, columns, err);
}

static int
user_key(struct ctl *ctl, struct err *err)
{
	const char *application = NULL;
	struct key key;

	if (input_owner(ctl, SQL_CTL_KEY_LIST, "user", &application,
	    err) < 0)
		return -1;
	key_new(&key);

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(ctl->argument),
		PG_TEXT("false"), PG_TEXT(key.hash), PG_TEXT(key.prefix)
	};
	if (pg_run(ctl->db, SQL_USER_KEY, values, NULL, err) < 0)
		return -1;
	secret_print(ctl, ctl->argument, key.text);
	return 0;
}
