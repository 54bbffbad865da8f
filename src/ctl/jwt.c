/* SPDX-License-Identifier: ISC */
/* creelctl jwt: signs bearer tokens with an issuer's signing_key. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/mint.h"
#include "base/ids.h"
#include "ctl/ctl.h"

#define LIFETIME_MAX (100 * INT64_C(366) * 86400)
#define LIFETIME 3600

static int jwt(struct ctl *, struct err *);

static const struct ctl_option options[] = {
	{ "issuer", "NAME", 0,
	    "default: the one with a signing_key", 0 },
	{ "subject", "NAME", OPTION_REQUIRED, "the claim sub", 0 },
	{ "application", "ID", OPTION_REPEATABLE,
	    "an application to give access to", 0 },
	{ "organization", "ID", 0,
	    "give access to all of its applications", 0 },
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "a scope; default: datasource.post", 0 },
	{ "lifetime", "SECONDS", 0,
	    "time until it expires; default: 3600", 0 },
	OPTIONS_END
};

const struct command jwt_commands[] = {
	{ "jwt", NULL, options, 0, jwt, NULL, "Sign a bearer token (JWT)." },
	COMMANDS_END
};

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
		err_set(err, ERR_CONFIG, "--issuer: no section [issuer %s]",
		    name);
	else if (n == 0)
		err_set(err, ERR_CONFIG, "no issuer has a signing_key");
	else
		err_set(err, ERR_USAGE, "--issuer: required, %d issuers have "
		    "a signing_key", n);
	return NULL;
}

static int
id_check(const char *option, const char *id, struct err *err)
{
	return id == NULL || id_is_object(id) ? 0 : err_set(err, ERR_USAGE,
	    "--%s: must be an id, not \"%s\"", option, id);
}

static int
jwt(struct ctl *ctl, struct err *err)
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
	    input_scopes(ctl, "datasource.post", &mint.scopes, err) < 0 ||
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
