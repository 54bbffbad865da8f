/* SPDX-License-Identifier: ISC */
/* creelctl usage, application quota and organization quota: what applications
 * use, and may use. */
#include "base/jsn_write.h"
#include "base/quota.h"
#include "ctl/ctl.h"

static int usage_list(struct ctl *, struct err *);

static const struct ctl_option usage_options[] = {
	OPTION_LIST_OWNER,
	{ "organization", "ID", 0, "list only this organization's", 0 },
	OPTIONS_END
};

const struct command usage_commands[] = {
	{ "usage", NULL, usage_options, 0, usage_list, NULL,
	    "List what applications use: today's calls, and what is stored." },
	COMMANDS_END
};

static const struct output_column columns[] = {
	{ "id", "APPLICATION", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	{ "calls", "CALLS", 0 },
	{ "refused", "REFUSED", 0 },
	{ "events", "EVENTS", 0 },
	{ "storedBytes", "BYTES", 0 },
	{ "hooks", "HOOKS", 0 },
	{ "devices", "DEVICES", 0 },
	{ "quotas", "QUOTAS", OUTPUT_OPTIONAL },
	COLUMNS_END
};

static int
usage_list(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *organization = args_value(ctl, "organization");
	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(organization)
	};

	if ((application != NULL &&
	    input_application(ctl, application, err) < 0) ||
	    (organization != NULL &&
	    input_organization(ctl, organization, err) < 0))
		return -1;
	return output_all(ctl, SQL_CTL_USAGE, values, columns,
	    "no applications yet", err);
}

int
quota_set(struct ctl *ctl, enum sql_id sql, struct err *err)
{
	const char *const *set = args_values(ctl, "set");
	struct pg_value values[] = { PG_TEXT(ctl->argument), PG_NULL };
	struct buf changes;
	int rc = 0;

	buf_init(&changes);
	jsn_write_object(&changes, NULL);
	for (; *set != NULL && rc == 0; set++)
		rc = quota_parse(*set, &changes, err);
	jsn_write_end(&changes, '}');
	values[1].data = changes.data;
	if (rc == 0)
		rc = output_show(ctl, sql, values, ctl->command->of->kind,
		    ctl->argument, err);
	buf_release(&changes);
	return rc;
}

/* Lowers what is stored by the partitions that were dropped. */
static int
days_drop(struct ctl *ctl, struct err *err)
{
	struct pg_value values[] = { PG_NULL, PG_TEXT(STEP_ROWS) };
	struct pg_result *days = NULL;
	size_t i;
	int rc;

	rc = pg_run(ctl->db, SQL_CTL_USAGE_DAYS, NULL, &days, err);
	for (i = 0; rc == 0 && i < pg_rows(days); i++) {
		values[0].data = pg_text(days, i, 0);
		rc = steps_run(ctl, SQL_CTL_USAGE_DROP, values, 2, 0, NULL,
		    err);
	}
	pg_result_free(&days);
	return rc;
}

int
usage_correct(struct ctl *ctl, struct err *err)
{
	struct pg_value values[] = { PG_NULL };
	struct pg_result *rows = NULL;
	size_t i;
	int rc;

	if (days_drop(ctl, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_USAGE_PURGE, NULL, NULL, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_USAGE_LIMITED, NULL, &rows, err) < 0)
		return -1;
	for (i = 0, rc = 0; rc == 0 && i < pg_rows(rows); i++) {
		values[0].data = pg_text(rows, i, 0);
		rc = pg_run(ctl->db, SQL_CTL_USAGE_RECOUNT, values, NULL, err);
	}
	pg_result_free(&rows);
	return rc;
}
