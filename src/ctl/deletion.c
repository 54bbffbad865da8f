/* SPDX-License-Identifier: ISC */
/* Deletes the events and idempotency keys of deleted applications, in steps. */
#include <string.h>

#include "ctl/ctl.h"

/* Rows of a step: it takes some 50 ms, and a step that fails little more. */
#define STEP_ROWS "1000"

int
deletion_run(struct ctl *ctl, const char *application, struct err *err)
{
	struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(STEP_ROWS), PG_NULL, PG_NULL
	};
	struct pg_result *last = NULL, *step = NULL;
	bool remains = true;

	while (remains) {
		if (pg_run(ctl->db, SQL_CTL_DELETION_STEP, values, &step,
		    err) < 0) {
			pg_result_free(&last);
			return err_prefix(err, "application \"%s\" is deleted, "
			    "but not all of its events", application);
		}
		/* The next step's values are in the result of this one. */
		pg_result_free(&last);
		last = step;
		step = NULL;
		remains = strcmp(pg_text(last, 0, 0), "true") == 0;
		values[2].data = pg_text(last, 0, 1);
		values[3].data = pg_text(last, 0, 2);
	}
	pg_result_free(&last);
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
