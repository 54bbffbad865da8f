/* SPDX-License-Identifier: ISC */
/* creelctl organization: who applications belong to. */
#include "base/ids.h"
#include "ctl/ctl.h"

static int organization_create(struct ctl *, struct err *);
static int organization_list(struct ctl *, struct err *);
static int organization_show(struct ctl *, struct err *);
static int organization_delete(struct ctl *, struct err *);

const struct command organization_commands[] = {
	{ "organization create", "NAME", NULL, 0, organization_create,
	    "Make an organization; answers its id." },
	{ "organization list", NULL, NULL, 0, organization_list,
	    "List the organizations." },
	{ "organization show", "ID", NULL, 0, organization_show,
	    "Show an organization." },
	{ "organization delete", "ID", NULL, 0, organization_delete,
	    "Delete an organization that has no applications." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "name", "NAME" },
	{ "applications", "APPLICATIONS" },
	{ "createdAt", "CREATED" },
	{ NULL, NULL }
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
organization_list(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_NULL };

	return output_all(ctl, SQL_CTL_ORGANIZATION_LIST, values, columns,
	    "no organizations yet", err);
}

static int
organization_show(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(ctl->argument) };

	return output_show(ctl, SQL_CTL_ORGANIZATION_LIST, values,
	    "organization", ctl->argument, err);
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
