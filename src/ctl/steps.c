/* SPDX-License-Identifier: ISC */
/* Runs a statement in steps, so that no transaction holds locks for long. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"

int
steps_run(struct ctl *ctl, enum sql_id sql, struct pg_value *values, size_t n,
    size_t places, int64_t *rows, struct err *err)
{
	struct pg_result *last = NULL, *step = NULL;
	const char *deleted;
	bool remains = true;
	size_t i;

	for (i = 0; i < places; i++)
		values[n - places + i] = (struct pg_value)PG_NULL;
	while (remains) {
		if (pg_run(ctl->db, sql, values, &step, err) < 0) {
			pg_result_free(&last);
			return -1;
		}
		/* The next step's values are in the result of this one. */
		pg_result_free(&last);
		last = step;
		step = NULL;
		remains = strcmp(pg_text(last, 0, 0), "true") == 0;
		for (i = 0; i < places; i++)
			values[n - places + i].data = pg_text(last, 0, 1 + i);
		deleted = pg_column(last, "deleted");
		if (rows != NULL && deleted != NULL)
			*rows += strtoll(deleted, NULL, 10);
	}
	pg_result_free(&last);
	return 0;
}

int
steps_retry(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    int tries, struct pg_result **out, struct err *err)
{
	static const struct timespec rest = { 1, 0 };

	while (pg_run(ctl->db, sql, values, out, err) < 0) {
		if (err->code != ERR_UNAVAILABLE || --tries <= 0)
			return -1;
		nanosleep(&rest, NULL);
	}
	return 0;
}
