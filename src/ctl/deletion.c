/* SPDX-License-Identifier: ISC */
/* Deletes the events and idempotency keys of deleted applications, in steps. */
#include "ctl/ctl.h"

int
deletion_run(struct ctl *ctl, const char *application, struct err *err)
{
	struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(STEP_ROWS), PG_NULL, PG_NULL
	};

	if (steps_run(ctl, SQL_CTL_DELETION_STEP, values, 4, 2, NULL,
	    err) < 0)
		return err_prefix(err, "application \"%s\" is deleted, but not "
		    "all of its events", application);
	return 0;
}

int
deletions_run(struct ctl *ctl, struct err *err)
{
	struct pg_result *rows = NULL;
	size_t row;
	int rc;

	rc = pg_run(ctl->db, SQL_CTL_DELETION_LIST, NULL, &rows, err);
	for (row = 0; rc == 0 && row < pg_rows(rows); row++)
		rc = deletion_run(ctl, pg_text(rows, row, 0), err);
	pg_result_free(&rows);
	return rc;
}
