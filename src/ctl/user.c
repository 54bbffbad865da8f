/* SPDX-License-Identifier: ISC */
/* creelctl user: users, who send to forms with a Secret Key. */
#include "auth/auth_key.h"
#include "auth/grant.h"
#include "ctl/ctl.h"
#include "resource/user.h"

static int user_create(struct ctl *, struct err *);
static int user_key(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	{ "email", "ADDRESS", OPTION_REQUIRED,
	    "unique within the application", 0 },
	{ "form", "ID|KEY", OPTION_REPEATABLE,
	    "restrict the user to this form; default: all", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "prefix", "PREFIX", 0 },
	{ "enabled", "ENABLED", 0 },
	{ "lastUsedAt", "LAST USED", OUTPUT_OPTIONAL },
	{ "hookIds", "FORMS", OUTPUT_OPTIONAL },
	{ "name", "E-MAIL", OUTPUT_CUT_LAST },
	COLUMNS_END
};

static const struct owned users = {
	"user", OWNED_CREDENTIAL, SQL_CTL_KEY_LIST, SQL_NONE, columns
};

const struct command user_commands[] = {
	{ "user create", NULL, create_options, 0, user_create, &users,
	    "Create a user and print the Secret Key." },
	{ "user list", NULL, owned_list_options, 0, owned_list, &users,
	    "List the users." },
	{ "user show", "ID", NULL, 0, owned_show, &users, "Show a user." },
	{ "user enable", "ID", NULL, 0, credential_enable, &users,
	    "Grant Integration Access." },
	{ "user disable", "ID", NULL, 0, credential_disable, &users,
	    "Revoke Integration Access." },
	{ "user key", "ID", NULL, 0, user_key, &users,
	    "Replace the Secret Key and print the new one." },
	{ "user delete", "ID", NULL, 0, credential_delete, &users,
	    "Delete a user." },
	COMMANDS_END
};

#define MEMBER "secretKey"
#define LABEL "Secret Key"

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
		return err_set(err, ERR_USAGE, "--email: must be an e-mail "
		    "address, not \"%s\"", email);
	if (input_application(ctl, application, err) < 0 ||
	    credential_hooks(ctl, "form", "form", application, &forms,
	    err) < 0)
		return -1;
	id_object(id);
	if (key_new(&grant_owner, KEY_USER_SCOPES, &key, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("false"),
		PG_TEXT(key.hash), PG_TEXT(key.prefix), PG_TEXT(email),
		PG_NULL, PG_TEXT(forms), PG_NULL
	};
	if (pg_run(ctl->db, SQL_USER_CREATE, values, &res, err) < 0)
		return -1;
	if (pg_column(res, "json") == NULL)
		rc = err_set(err, ERR_CONFLICT, "--email: already in use");
	else
		credential_print(ctl, id, MEMBER, LABEL, key.text);
	pg_result_free(&res);
	return rc;
}

static int
user_key(struct ctl *ctl, struct err *err)
{
	return credential_rekey(ctl, SQL_USER_KEY, MEMBER, LABEL, err);
}
