/* SPDX-License-Identifier: ISC */
/* creelctl application: applications, which are the tenants. */
#include "ctl/application.h"

static int application_change(struct ctl *, struct err *);
static int application_delete(struct ctl *, struct err *);
static int application_quota(struct ctl *, struct err *);

static const struct ctl_option change_options[] = {
	OPTIONS_RETENTION
	OPTIONS_END
};

static const struct ctl_option delete_options[] = {
	{ "force", NULL, 0, "delete all it has with it, events too", 0 },
	OPTIONS_END
};

static const struct ctl_option quota_options[] = {
	OPTION_QUOTA,
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
	{ "quotas", "QUOTAS", OUTPUT_OPTIONAL },
	{ "createdAt", "CREATED", OUTPUT_OPTIONAL },
	COLUMNS_END
};

static const struct owned applications = {
	"application", OWNED_TENANT, SQL_CTL_APPLICATION_LIST,
	SQL_NONE, columns
};

const struct command application_commands[] = {
	{ "application create", "NAME ...", application_create_options,
	    COMMAND_MANY, application_create, &applications,
	    "Create applications and print their IDs." },
	{ "application list", NULL, NULL, 0, owned_list, &applications,
	    "List the applications." },
	{ "application show", "ID", NULL, 0, owned_show, &applications,
	    "Show an application." },
	{ "application change", "ID", change_options, 0, application_change,
	    &applications, "Change the retention of an application." },
	{ "application quota", "ID", quota_options, 0,
	    application_quota, &applications,
	    "Change the quotas of an application, and print them." },
	{ "application delete", "ID", delete_options, 0, application_delete,
	    &applications, "Delete an application; with --force all it has." },
	COMMANDS_END
};

int
application_retention(const struct ctl *ctl, const char **days,
    const char **failed_days, struct err *err)
{
	*days = args_value(ctl, "retention");
	*failed_days = args_value(ctl, "retention-failed");
	return input_days("--retention", *days, err) < 0 ? -1 :
	    input_days("--retention-failed", *failed_days, err);
}

static int
application_change(struct ctl *ctl, struct err *err)
{
	struct pg_result *row = NULL;
	const char *days, *failed_days;

	if (application_retention(ctl, &days, &failed_days, err) < 0)
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
application_quota(struct ctl *ctl, struct err *err)
{
	return quota_set(ctl, SQL_CTL_APPLICATION_QUOTAS, err);
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
