/* SPDX-License-Identifier: ISC */
/* creelctl application: the tenants. */
#include "base/ids.h"
#include "ctl/ctl.h"

static int application_create(struct ctl *, struct err *);
static int application_list(struct ctl *, struct err *);
static int application_show(struct ctl *, struct err *);
static int application_delete(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "organization", "ID", 0, "the organization it belongs to", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option delete_options[] = {
	{ "force", NULL, 0, "with all that it has, its events too", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command application_commands[] = {
	{ "application create", "NAME", create_options, 0, application_create,
	    "Make an application; answers its id." },
	{ "application list", NULL, NULL, 0, application_list,
	    "List the applications." },
	{ "application show", "ID", NULL, 0, application_show,
	    "Show an application." },
	{ "application delete", "ID", delete_options, 0, application_delete,
	    "Delete an application that has nothing left." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "name", "NAME" },
	{ "organizationId", "ORGANIZATION" },
	{ "hooks", "HOOKS" },
	{ "keys", "KEYS" },
	{ "tokens", "TOKENS" },
	{ "users", "USERS" },
	{ "createdAt", "CREATED" },
	{ NULL, NULL }
};

static int
application_create(struct ctl *ctl, struct err *err)
{
	const char *organization = args_value(ctl, "organization");
	char id[ID_OBJECT_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(ctl->argument), PG_TEXT(organization)
	};

	id_object(id);
	if (input_length("NAME", ctl->argument, 255, err) < 0 ||
	    (organization != NULL &&
	    input_organization(ctl, organization, err) < 0) ||
	    pg_run(ctl->db, SQL_CTL_APPLICATION_CREATE, values, NULL, err) < 0)
		return -1;
	output_done(ctl, "id", id, id);
	return 0;
}

static int
application_list(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_NULL };

	return output_all(ctl, SQL_CTL_APPLICATION_LIST, values, columns,
	    "no applications yet", err);
}

static int
application_show(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(ctl->argument) };

	return output_show(ctl, SQL_CTL_APPLICATION_LIST, values,
	    "application", ctl->argument, err);
}

static int
application_delete(struct ctl *ctl, struct err *err)
{
	const char *force = args_value(ctl, "force");
	const struct pg_value values[] = {
		PG_TEXT(ctl->argument),
		PG_TEXT(force != NULL ? "true" : "false")
	};
	struct pg_result *res = NULL;
	int rc = 0;

	if (pg_run(ctl->db, SQL_CTL_APPLICATION_DELETE, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no application \"%s\"",
		    ctl->argument);
	else if (pg_text(res, 0, 1) != NULL)
		rc = err_set(err, ERR_CONFLICT, "application \"%s\" has %s: "
		    "delete them first, or use --force", ctl->argument,
		    pg_text(res, 0, 1));
	else
		output_done(ctl, "deleted", ctl->argument, "deleted");
	pg_result_free(&res);
	return rc;
}
