/* SPDX-License-Identifier: ISC */
/* creelctl maintain: creates and drops partitions of the log and completes
 * deletions, daily. */
#include <stdio.h>
#include <time.h>

#include <string.h>

#include "base/jsn_write.h"
#include "ctl/ctl.h"

#define LOCK_TRIES 30		/* a second apart */

static int maintain(struct ctl *, struct err *);

const struct command maintain_commands[] = {
	{ "maintain", NULL, NULL, 0, maintain, NULL,
	    "Create partitions ahead, drop expired ones." },
	COMMANDS_END
};

static const char *
integer_text(struct ctl *ctl, int64_t n)
{
	return arena_printf(&ctl->arena, "%lld", (long long)n);
}

/* Runs a statement that fails rather than wait long for a lock. */
static int
run_retrying(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    struct pg_result **out, struct err *err)
{
	static const struct timespec rest = { 1, 0 };
	int tries = 0;

	while (pg_run(ctl->db, sql, values, out, err) < 0) {
		if (err->code != ERR_UNAVAILABLE || ++tries == LOCK_TRIES)
			return -1;
		nanosleep(&rest, NULL);
	}
	return 0;
}

static void
names_write(struct buf *names, const struct pg_result *parts)
{
	size_t row;

	for (row = 0; row < pg_rows(parts); row++)
		jsn_write_string(names, NULL, pg_text(parts, row, 0));
}

static int
partitions_make(struct ctl *ctl, struct buf *made, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(integer_text(ctl, ctl->conf->partition_days)),
		PG_TEXT(integer_text(ctl, ctl->conf->partitions_ahead))
	};
	struct pg_result *parts = NULL;

	if (run_retrying(ctl, SQL_CTL_MAINTAIN, values, &parts, err) < 0)
		return -1;
	names_write(made, parts);
	pg_result_free(&parts);
	return 0;
}

static int
partitions_drop(struct ctl *ctl, struct buf *dropped, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(integer_text(ctl, ctl->conf->retention_days))
	};
	struct pg_result *parts = NULL;
	size_t n = ctl->conf->retention_days > 0;

	while (n > 0) {
		if (run_retrying(ctl, SQL_CTL_RETAIN, values, &parts,
		    err) < 0)
			return -1;
		n = pg_rows(parts);
		names_write(dropped, parts);
		pg_result_free(&parts);
	}
	return 0;
}

static int
maintain(struct ctl *ctl, struct err *err)
{
	struct pg_result *strays = NULL;
	struct buf made, dropped;
	struct buf json;
	int rc = -1;

	buf_init(&made);
	buf_init(&dropped);
	buf_init(&json);
	if (pg_run(ctl->db, SQL_CTL_POSITION_RAISE, NULL, NULL, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_STRAYS, NULL, &strays, err) < 0 ||
	    partitions_drop(ctl, &dropped, err) < 0 ||
	    partitions_make(ctl, &made, err) < 0)
		goto out;
	jsn_write_object(&json, NULL);
	jsn_write_array(&json, "made");
	buf_addstr(&json, made.data);
	jsn_write_end(&json, ']');
	jsn_write_array(&json, "dropped");
	buf_addstr(&json, dropped.data);
	jsn_write_end(&json, ']');
	jsn_write_json(&json, "strays", pg_text(strays, 0, 0),
	    strlen(pg_text(strays, 0, 0)));
	jsn_write_end(&json, '}');
	/* Last and after the output, because they may take hours. */
	rc = output_object(ctl, json.data, err);
	if (rc == 0)
		rc = deletions_run(ctl, err);
out:
	buf_release(&json);
	buf_release(&made);
	buf_release(&dropped);
	pg_result_free(&strays);
	return rc;
}
