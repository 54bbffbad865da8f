/* SPDX-License-Identifier: ISC */
/* creelctl token: application tokens. */
#include "auth/scope.h"
#include "ctl/ctl.h"

static int token_create(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "a scope; default: all.Application", 0 },
	OPTION_EXPIRES,
	OPTIONS_END
};

static const struct owned tokens = {
	"token", OWNED_CREDENTIAL, SQL_CTL_KEY_LIST, SQL_NONE,
	credential_columns
};

const struct command token_commands[] = {
	{ "token create", NULL, create_options, 0, token_create, &tokens,
	    "Create an application token and print it." },
	{ "token list", NULL, owned_list_options, 0, owned_list, &tokens,
	    "List the application tokens." },
	{ "token show", "ID", NULL, 0, owned_show, &tokens,
	    "Show the properties of an application token." },
	{ "token enable", "ID", NULL, 0, credential_enable, &tokens,
	    "Enable an application token." },
	{ "token disable", "ID", NULL, 0, credential_disable, &tokens,
	    "Disable an application token." },
	{ "token delete", "ID", NULL, 0, credential_delete, &tokens,
	    "Revoke an application token." },
	COMMANDS_END
};

static int
token_create(struct ctl *ctl, struct err *err)
{
	const char *const *scope = args_values(ctl, "scope");

	for (; *scope != NULL; scope++)
		if (!scope_is_for_token(*scope))
			return err_set(err, ERR_USAGE, "--scope: must be in "
			    "all.Application for a token, not \"%s\"; see "
			    "SCOPES in creel-api(7)", *scope);
	return credential_create(ctl, "all.Application", NULL, NULL, err);
}
