/* creelctl maintain: the log's partitions; a timer runs it daily. */
#include <stdio.h>

#include "ctl/ctl.h"

static int maintain(struct ctl *, struct err *);

const struct command maintain_commands[] = {
	{ "maintain", NULL, NULL, 0, maintain,
	    "Make the partitions to come, drop those past retention." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const char *
integer_text(struct ctl *ctl, int64_t n)
{
	return arena_printf(&ctl->arena, "%lld", (long long)n);
}

/* parts: "+made" and "-dropped" partitions. */
static void
parts_print(const struct pg_result *parts, const char *strays)
{
	const char *part;
	size_t row;

	for (row = 0; row < pg_rows(parts); row++) {
		part = pg_text(parts, row, 0);
		printf("%s %s\n", part[0] == '+' ? "made" : "dropped",
		    part + 1);
	}
	if (pg_rows(parts) == 0)
		printf("nothing to make or drop\n");
	printf("%s events were found in event_default\n", strays);
}

static void
parts_json(const struct pg_result *parts, char sign, const char *key)
{
	const char *comma = "", *part;
	size_t row;

	printf("\"%s\":[", key);
	for (row = 0; row < pg_rows(parts); row++) {
		part = pg_text(parts, row, 0);
		if (part[0] != sign)
			continue;
		printf("%s\"%s\"", comma, part + 1);
		comma = ",";
	}
	printf("],");
}

static int
maintain(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(integer_text(ctl, ctl->conf->partition_days)),
		PG_TEXT(integer_text(ctl, ctl->conf->partitions_ahead)),
		PG_TEXT(integer_text(ctl, ctl->conf->retention_days))
	};
	struct pg_result *strays = NULL, *parts = NULL;
	int rc = -1;

	if (pg_run(ctl->db, SQL_CTL_STRAYS, NULL, &strays, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_MAINTAIN, values, &parts, err) < 0)
		goto out;
	rc = 0;
	if (!ctl->json) {
		parts_print(parts, pg_text(strays, 0, 0));
		goto out;
	}
	printf("{");
	parts_json(parts, '+', "made");
	parts_json(parts, '-', "dropped");
	printf("\"strays\":%s}\n", pg_text(strays, 0, 0));
out:
	pg_result_free(&strays);
	pg_result_free(&parts);
	return rc;
}
