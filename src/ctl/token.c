/* SPDX-License-Identifier: ISC */
/* creelctl token: application tokens. */
#include "ctl/ctl.h"

static int token_create(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose it is", 0 },
	{ "name", "NAME", OPTION_REQUIRED, "what people call it", 0 },
	{ "description", "TEXT", 0, "more about it", 0 },
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "what it may do, else all.Application", 0 },
	{ "expires", "TIME", 0, "until when it is good: 2030-01-31, +30d", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command token_commands[] = {
	{ "token create", NULL, create_options, 0, token_create,
	    "Make an application token; answers it, this one time." },
	{ "token list", NULL, credential_list_options, 0, credential_list,
	    "List the application tokens." },
	{ "token show", "ID", NULL, 0, credential_show,
	    "Show what an application token may do." },
	{ "token enable", "ID", NULL, 0, credential_enable,
	    "Let an application token in again." },
	{ "token disable", "ID", NULL, 0, credential_disable,
	    "Turn an application token away." },
	{ "token delete", "ID", NULL, 0, credential_delete,
	    "Take an application token back." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static int
token_create(struct ctl *ctl, struct err *err)
{
	return credential_create(ctl, "all.Application", NULL, NULL, err);
}
