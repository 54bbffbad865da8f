/* SPDX-License-Identifier: ISC */
/* creelctl maintain: creates and drops partitions of the log and completes
 * deletions, daily. */
#include <stdio.h>
#include <string.h>

#include "base/jsn_write.h"
#include "ctl/ctl.h"

static int maintain(struct ctl *, struct err *);

const struct command maintain_commands[] = {
	{ "maintain", NULL, NULL, 0, maintain, NULL,
	    "Create partitions ahead, drop expired ones." },
	COMMANDS_END
};

static void
names_write(struct buf *names, const struct pg_result *parts)
{
	size_t row;

	for (row = 0; row < pg_rows(parts); row++)
		jsn_write_string(names, NULL, pg_text(parts, row, 0));
}

/* One partition at a time, until none is missing. */
static int
partitions_make(struct ctl *ctl, struct buf *made, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(input_integer_text(ctl, ctl->conf->partition_days)),
		PG_TEXT(input_integer_text(ctl, ctl->conf->partitions_ahead))
	};
	struct pg_result *parts = NULL;
	size_t n = 1;

	while (n > 0) {
		if (steps_retry(ctl, SQL_CTL_MAINTAIN, values, LOCK_TRIES,
		    &parts, err) < 0)
			return err_prefix(err, "partitions ahead");
		n = pg_rows(parts);
		names_write(made, parts);
		pg_result_free(&parts);
	}
	return 0;
}

static void
names_member(struct buf *json, const char *member, const struct buf *names)
{
	jsn_write_array(json, member);
	buf_addstr(json, names->data);
	jsn_write_end(json, ']');
}

static int
done_print(const struct ctl *ctl, const struct buf *made,
    const struct retention *r, const char *strays, struct err *err)
{
	struct buf json;
	int rc;

	buf_init(&json);
	jsn_write_object(&json, NULL);
	names_member(&json, "made", made);
	names_member(&json, "dropped", &r->dropped);
	names_member(&json, "later", &r->later);
	jsn_write_integer(&json, "expired", r->expired);
	jsn_write_json(&json, "strays", strays, strlen(strays));
	jsn_write_end(&json, '}');
	rc = output_object(ctl, json.data, err);
	buf_release(&json);
	return rc;
}

static int
maintain(struct ctl *ctl, struct err *err)
{
	struct pg_result *strays = NULL;
	struct retention retention;
	struct err create_err;
	struct buf made;
	int rc = -1, created;

	buf_init(&made);
	retention_init(&retention);
	if (pg_run(ctl->db, SQL_CTL_POSITION_RAISE, NULL, NULL, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_STRAYS, NULL, &strays, err) < 0)
		goto out;
	/* First, because events outside of the partitions do not expire. */
	created = partitions_make(ctl, &made, &create_err);
	if (retention_run(ctl, &retention, err) < 0 ||
	    done_print(ctl, &made, &retention, pg_text(strays, 0, 0),
	    err) < 0)
		goto out;
	/* Last and after the output, because they may take hours. */
	rc = usage_correct(ctl, err);
	if (rc == 0)
		rc = deletions_run(ctl, err);
	if (rc == 0 && created < 0) {
		*err = create_err;
		rc = -1;
	}
out:
	retention_release(&retention);
	buf_release(&made);
	pg_result_free(&strays);
	return rc;
}
