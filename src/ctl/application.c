/* SPDX-License-Identifier: ISC */
/* creelctl application: applications, which are the tenants. */
#include "base/ids.h"
#include "ctl/ctl.h"

static int application_create(struct ctl *, struct err *);
static int application_change(struct ctl *, struct err *);
static int application_delete(struct ctl *, struct err *);

#define OPTIONS_RETENTION \
	{ "retention", "DAYS", 0, \
	    "days until its events expire; 0: never", 0 }, \
	{ "retention-failed", "DAYS", 0, \
	    "days until failed events do; 0: as the others", 0 },

static const struct ctl_option create_options[] = {
	{ "organization", "ID", 0,
	    "the organization it belongs to; default: none", 0 },
	OPTIONS_RETENTION
	OPTIONS_END
};

static const struct ctl_option change_options[] = {
	OPTIONS_RETENTION
	OPTIONS_END
};

static const struct ctl_option delete_options[] = {
	{ "force", NULL, 0, "delete all it has with it, events too", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	{ "organizationId", "ORGANIZATION", OUTPUT_OPTIONAL },
	{ "hooks", "HOOKS", 0 },
	{ "keys", "KEYS", 0 },
	{ "tokens", "TOKENS", 0 },
	{ "users", "USERS", 0 },
	{ "state", "STATE", 0 },
	{ "eventsDeleted", "DELETED", OUTPUT_OPTIONAL },
	{ "retentionDays", "RETENTION", OUTPUT_OPTIONAL },
	{ "retentionFailedDays", "RETENTION FAILED",
	    OUTPUT_OPTIONAL },
	{ "createdAt", "CREATED", OUTPUT_OPTIONAL },
	COLUMNS_END
};

static const struct owned applications = {
	"application", OWNED_TENANT, SQL_CTL_APPLICATION_LIST,
	SQL_NONE, columns
};

const struct command application_commands[] = {
	{ "application create", "NAME", create_options, 0, application_create,
	    &applications, "Create an application and print its ID." },
	{ "application list", NULL, NULL, 0, owned_list, &applications,
	    "List the applications." },
	{ "application show", "ID", NULL, 0, owned_show, &applications,
	    "Show an application." },
	{ "application change", "ID", change_options, 0, application_change,
	    &applications, "Change the retention of an application." },
	{ "application delete", "ID", delete_options, 0, application_delete,
	    &applications, "Delete an application; with --force all it has." },
	COMMANDS_END
};

/* Reads the options of retention as the text of numbers, "default" or NULL. */
static int
retention_read(const struct ctl *ctl, const char **days,
    const char **failed_days, struct err *err)
{
	*days = args_value(ctl, "retention");
	*failed_days = args_value(ctl, "retention-failed");
	return input_days("--retention", *days, err) < 0 ? -1 :
	    input_days("--retention-failed", *failed_days, err);
}

static int
application_create(struct ctl *ctl, struct err *err)
{
	const char *organization = args_value(ctl, "organization");
	const char *days, *failed_days;
	char id[ID_OBJECT_SIZE];

	if (retention_read(ctl, &days, &failed_days, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(ctl->argument), PG_TEXT(organization),
		PG_TEXT(days), PG_TEXT(failed_days)
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
application_change(struct ctl *ctl, struct err *err)
{
	struct pg_result *row = NULL;
	const char *days, *failed_days;

	if (retention_read(ctl, &days, &failed_days, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(ctl->argument), PG_TEXT(days), PG_TEXT(failed_days)
	};
	if (input_row(ctl, SQL_CTL_APPLICATION_CHANGE, values, "application",
	    ctl->argument, &row, err) < 0)
		return -1;
	pg_result_free(&row);
	output_done(ctl, "changed", ctl->argument, "changed");
	return 0;
}

static int
application_delete(struct ctl *ctl, struct err *err)
{
	const char *force = args_value(ctl, "force");
	const struct pg_value values[] = {
		PG_TEXT(ctl->argument),
		PG_TEXT(force != NULL ? "true" : "false")
	};
	struct pg_result *row = NULL;
	int rc = 0;

	if (input_row(ctl, SQL_CTL_APPLICATION_DELETE, values, "application",
	    ctl->argument, &row, err) < 0)
		return -1;
	if (pg_text(row, 0, 1) != NULL)
		rc = err_set(err, ERR_CONFLICT, "application \"%s\" has %s: "
		    "delete them first, or use --force", ctl->argument,
		    pg_text(row, 0, 1));
	else
		rc = deletion_run(ctl, ctl->argument, err);
	pg_result_free(&row);
	if (rc == 0)
		output_done(ctl, "deleted", ctl->argument, "deleted");
	return rc;
}
