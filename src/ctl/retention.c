/* SPDX-License-Identifier: ISC */
/* Retention: drops partitions in which all events have expired, and deletes
 * expired events in others in steps. */
#include <string.h>

#include "base/jsn_write.h"
#include "ctl/ctl.h"

/* The options, as the statements take them. */
struct clocks {
	const char *days;
	const char *failed_days;
};

void
retention_init(struct retention *r)
{
	buf_init(&r->dropped);
	buf_init(&r->later);
	r->expired = 0;
}

void
retention_release(struct retention *r)
{
	buf_release(&r->dropped);
	buf_release(&r->later);
}

/* Drops a partition.  Once one could not be locked, others are not tried for
 * as long: the same transaction blocks them. */
static int
partition_drop(struct ctl *ctl, const char *name, struct retention *r,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(name) };
	int tries = r->later.len == 0 ? LOCK_TRIES : 1;

	if (steps_retry(ctl, SQL_CTL_PARTITION_DROP, values, tries, NULL,
	    err) == 0) {
		jsn_write_string(&r->dropped, NULL, name);
		return 0;
	}
	if (err->code != ERR_UNAVAILABLE)
		return -1;
	jsn_write_string(&r->later, NULL, name);
	return 0;
}

/* Deletes what has expired in the partition of a row of CTL_RETENTION_LIST. */
static int
partition_expire(struct ctl *ctl, const struct clocks *clocks,
    const struct pg_result *parts, size_t row, struct retention *r,
    struct err *err)
{
	const char *name = pg_text(parts, row, 0);
	const char *begins = pg_text(parts, row, 1);
	const char *ends = pg_text(parts, row, 2);
	const struct pg_value partition[] = {
		PG_TEXT(name), PG_TEXT(begins), PG_TEXT(ends),
		PG_TEXT(clocks->days), PG_TEXT(clocks->failed_days)
	};
	struct pg_value values[] = {
		PG_TEXT(begins), PG_TEXT(ends), PG_NULL,
		PG_TEXT(clocks->days), PG_TEXT(clocks->failed_days),
		PG_TEXT(STEP_ROWS), PG_NULL
	};
	struct pg_result *res = NULL;
	bool drops;

	if (pg_run(ctl->db, SQL_CTL_PARTITION_ENDS, partition, &res, err) < 0)
		return -1;
	drops = strcmp(pg_text(res, 0, 0), "true") == 0;
	pg_result_free(&res);
	values[2].data = drops ? "true" : "false";
	if (steps_run(ctl, SQL_CTL_PARTITION_STEP, values, 7, 1, &r->expired,
	    err) < 0)
		return err_prefix(err, "partition %s", name);
	return drops ? partition_drop(ctl, name, r, err) : 0;
}

/* Deletes what belongs to the deleted events of an application. */
static int
application_expire(struct ctl *ctl, const struct clocks *clocks,
    const char *application, struct err *err)
{
	struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(clocks->days),
		PG_TEXT(clocks->failed_days), PG_TEXT(STEP_ROWS),
		PG_NULL, PG_NULL, PG_NULL
	};

	return steps_run(ctl, SQL_CTL_RETENTION_STEP, values, 7, 3, NULL, err);
}

int
retention_run(struct ctl *ctl, struct retention *r, struct err *err)
{
	const struct clocks clocks = {
		input_integer_text(ctl, ctl->conf->retention_days),
		input_integer_text(ctl, ctl->conf->retention_failed_days)
	};
	const struct pg_value values[] = {
		PG_TEXT(clocks.days), PG_TEXT(clocks.failed_days)
	};
	struct pg_result *rows = NULL;
	size_t row;
	int rc;

	rc = pg_run(ctl->db, SQL_CTL_RETENTION_LIST, values, &rows, err);
	for (row = 0; rc == 0 && row < pg_rows(rows); row++)
		rc = partition_expire(ctl, &clocks, rows, row, r, err);
	pg_result_free(&rows);
	if (rc == 0)
		rc = pg_run(ctl->db, SQL_CTL_RETENTION_APPLICATIONS, values,
		    &rows, err);
	for (row = 0; rc == 0 && row < pg_rows(rows); row++)
		rc = application_expire(ctl, &clocks, pg_text(rows, row, 0),
		    err);
	pg_result_free(&rows);
	return rc;
}
