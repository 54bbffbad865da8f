/* SPDX-License-Identifier: ISC */
/*
 * creelctl token: application tokens, which are credentials; and bearer tokens
 * of an issuer whose signing key we hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/mint.h"
#include "base/ids.h"
#include "ctl/ctl.h"

#define LIFETIME_MAX (100 * INT64_C(366) * 86400)
#define LIFETIME 3600

static int token(struct ctl *, struct err *);
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

static const struct ctl_option options[] = {
	{ "issuer", "NAME", 0,
	    "which [issuer NAME], else the one with a signing_key", 0 },
	{ "subject", "NAME", OPTION_REQUIRED, "whom it stands for", 0 },
	{ "application", "ID", OPTION_REPEATABLE, "what it reaches", 0 },
	{ "organization", "ID", 0, "or all applications of this", 0 },
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "what it may do, else datasource.post", 0 },
	{ "lifetime", "SECONDS", 0, "how long it is good, else 3600", 0 },
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
	/* Behind those that begin with it. */
	{ "token", NULL, options, 0, token, "Sign a bearer token." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static int
token_create(struct ctl *ctl, struct err *err)
{
	return credential_create(ctl, "all.Application", NULL, NULL, err);
}

static const struct conf_issuer *
issuer_find(const struct ctl *ctl, struct err *err)
{
	const char *name = args_value(ctl, "issuer");
	const struct conf_issuer *i, *found = NULL;
	int n = 0;

	for (i = ctl->conf->issuers; i != NULL; i = i->next)
		if (name != NULL ? strcmp(i->name, name) == 0 :
		    i->signing_key[0] != '\0') {
			found = i;
			n++;
		}
	if (n == 1)
		return found;
	if (name != NULL)
		err_set(err, ERR_CONFIG, "no [issuer %s] in the "
		    "configuration", name);
	else if (n == 0)
		err_set(err, ERR_CONFIG, "no issuer has a signing_key");
	else
		err_set(err, ERR_USAGE, "%d issuers have a signing_key: name "
		    "one with --issuer", n);
	return NULL;
}

static int
id_check(const char *option, const char *id, struct err *err)
{
	return id == NULL || id_is_object(id) ? 0 : err_set(err, ERR_USAGE,
	    "--%s: \"%s\" is not an id", option, id);
}

static int
token(struct ctl *ctl, struct err *err)
{
	struct mint mint = {
		.subject = args_value(ctl, "subject"),
		.applications = args_values(ctl, "application"),
		.organization = args_value(ctl, "organization"),
		.issued = time(NULL)
	};
	const struct conf_issuer *issuer;
	const char *const *id;
	int64_t lifetime = LIFETIME;
	char *text = NULL;

	for (id = mint.applications; *id != NULL; id++)
		if (id_check("application", *id, err) < 0)
			return -1;
	if (id_check("organization", mint.organization, err) < 0 ||
	    input_length("--subject", mint.subject, 255, err) < 0 ||
	    input_scopes(ctl, " ", "datasource.post", &mint.scopes, err) < 0 ||
	    input_integer("--lifetime", args_value(ctl, "lifetime"), 1,
	    LIFETIME_MAX, LIFETIME, &lifetime, err) < 0 ||
	    (issuer = issuer_find(ctl, err)) == NULL)
		return -1;
	mint.lifetime = (time_t)lifetime;
	if (mint_token(issuer, &mint, &text, err) < 0)
		return -1;
	output_done(ctl, "token", text, text);
	free(text);
	return 0;
}
