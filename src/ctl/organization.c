/* SPDX-License-Identifier: ISC */
/* creelctl organization: organizations, which group applications. */
#include "base/ids.h"
#include "ctl/ctl.h"

static int organization_create(struct ctl *, struct err *);
static int organization_delete(struct ctl *, struct err *);
static int organization_quota(struct ctl *, struct err *);

static const struct ctl_option quota_options[] = {
	OPTION_QUOTA,
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	{ "applications", "APPLICATIONS", 0 },
	{ "quotas", "QUOTAS", OUTPUT_OPTIONAL },
	{ "createdAt", "CREATED", 0 },
	COLUMNS_END
};

static const struct owned organizations = {
	"organization", OWNED_TENANT, SQL_CTL_ORGANIZATION_LIST,
	SQL_NONE, columns
};

const struct command organization_commands[] = {
	{ "organization create", "NAME", NULL, 0, organization_create,
	    &organizations, "Create an organization and print its ID." },
	{ "organization list", NULL, NULL, 0, owned_list, &organizations,
	    "List the organizations." },
	{ "organization show", "ID", NULL, 0, owned_show, &organizations,
	    "Show an organization." },
	{ "organization quota", "ID", quota_options, 0, organization_quota,
	    &organizations,
	    "Change the quotas of an organization, and print them." },
	{ "organization delete", "ID", NULL, 0, organization_delete,
	    &organizations, "Delete an organization; it must be empty." },
	COMMANDS_END
};

static int
organization_create(struct ctl *ctl, struct err *err)
{
	char id[ID_OBJECT_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(ctl->argument)
	};

	id_object(id);
	if (input_length("NAME", ctl->argument, 255, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_ORGANIZATION_CREATE, values, NULL,
	    err) < 0)
		return -1;
	output_done(ctl, "id", id, id);
	return 0;
}

static int
organization_quota(struct ctl *ctl, struct err *err)
{
	return quota_set(ctl, SQL_CTL_ORGANIZATION_QUOTAS, err);
}

static int
organization_delete(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(ctl->argument) };

	if (input_organization(ctl, ctl->argument, err) < 0)
		return -1;
	if (pg_run(ctl->db, SQL_CTL_ORGANIZATION_DELETE, values, NULL,
	    err) < 0)
		return err->code != ERR_CONFLICT ? -1 : err_set(err,
		    ERR_CONFLICT, "organization \"%s\" has applications",
		    ctl->argument);
	output_done(ctl, "deleted", ctl->argument, "deleted");
	return 0;
}
