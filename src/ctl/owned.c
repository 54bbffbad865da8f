/* SPDX-License-Identifier: ISC */
/* Lists, shows, finds and deletes: one function each for every group of
 * commands. */
#include <string.h>

#include "ctl/ctl.h"

const struct ctl_option owned_list_options[] = {
	OPTION_LIST_OWNER,
	OPTIONS_END
};

/* The parameters of a list statement, which uses the first few of them. */
enum {
	APPLICATION, ID, THIRD, FOURTH,
	PARAMETERS
};

static const char *
third_value(const struct ctl *ctl)
{
	const struct owned *of = ctl->command->of;

	if (of->flags & OWNED_FOR_PEOPLE)
		return ctl->json ? "false" : "true";
	return of->flags & OWNED_CREDENTIAL ? of->kind : NULL;
}

/* Fills values for the list statement; application and id may be NULL.
 * Returns the first one that the statement takes. */
static const struct pg_value *
values_set(const struct ctl *ctl, const char *application, const char *id,
    struct pg_value values[PARAMETERS])
{
	memset(values, 0, PARAMETERS * sizeof(*values));
	values[APPLICATION].data = application;
	values[ID].data = id;
	values[THIRD].data = third_value(ctl);
	return ctl->command->of->flags & OWNED_TENANT ? &values[ID] : values;
}

int
owned_list(struct ctl *ctl, struct err *err)
{
	const struct owned *of = ctl->command->of;
	const char *application = args_value(ctl, "application");
	struct pg_value values[PARAMETERS];
	const struct pg_value *from = values_set(ctl, application, NULL,
	    values);

	if (of->flags & OWNED_TAGGED) {
		values[THIRD].data = args_value(ctl, "tag");
		values[FOURTH].data = args_value(ctl, "group");
	}
	if (application != NULL &&
	    input_application(ctl, application, err) < 0)
		return -1;
	return output_all(ctl, of->list, from, of->columns,
	    arena_printf(&ctl->arena, "no %ss yet", of->kind), err);
}

int
owned_show(struct ctl *ctl, struct err *err)
{
	const struct owned *of = ctl->command->of;
	struct found found = { NULL, ctl->argument };
	struct pg_value values[PARAMETERS];

	if ((of->flags & OWNED_HOOK) && owned_find(ctl, &found, err) < 0)
		return -1;
	return output_show(ctl, of->list, values_set(ctl, found.application,
	    found.id, values), of->kind, ctl->argument, err);
}

int
owned_find(struct ctl *ctl, struct found *out, struct err *err)
{
	const struct owned *of = ctl->command->of;
	struct pg_value values[PARAMETERS];
	struct pg_result *row = NULL;
	int rc;

	if (of->flags & OWNED_HOOK)
		return input_hook(ctl, strcmp(of->kind, "hook") == 0 ? NULL :
		    of->kind, ctl->argument, out, err);
	if (input_row(ctl, of->list, values_set(ctl, NULL, ctl->argument,
	    values), of->kind, ctl->argument, &row, err) < 0)
		return -1;
	rc = input_found(ctl, row, out, err);
	pg_result_free(&row);
	return rc;
}

int
owned_run(struct ctl *ctl, enum sql_id sql, const char *third,
    const char *done, struct err *err)
{
	struct found found;
	struct pg_value values[] = { PG_NULL, PG_NULL, PG_TEXT(third) };

	if (owned_find(ctl, &found, err) < 0)
		return -1;
	values[0].data = found.application;
	values[1].data = found.id;
	if (pg_run(ctl->db, sql, values, NULL, err) < 0)
		return -1;
	output_done(ctl, done, found.id, done);
	return 0;
}

int
owned_delete(struct ctl *ctl, struct err *err)
{
	return owned_run(ctl, ctl->command->of->remove, NULL, "deleted", err);
}
