/* SPDX-License-Identifier: ISC */
/* creelctl distribute: distributes the log over the nodes of a Citus
 * cluster. */
#include <stdlib.h>
#include <string.h>

#include "base/jsn_write.h"
#include "ctl/ctl.h"

static int distribute(struct ctl *, struct err *);

const struct command distribute_commands[] = {
	{ "distribute", NULL, NULL, 0, distribute, NULL,
	    "Distribute the log over the nodes of a Citus cluster." },
	COMMANDS_END
};

static int
distributed_print(struct ctl *ctl, const char *nodes, struct err *err)
{
	struct buf json;
	int rc;

	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_integer(&json, "nodes", atoi(nodes));
	jsn_write_end(&json, '}');
	rc = output_object(ctl, json.data, err);
	buf_release(&json);
	return rc;
}

static int
distribute(struct ctl *ctl, struct err *err)
{
	struct pg_result *state = NULL;
	int rc = -1;

	if (pg_run(ctl->db, SQL_CTL_DISTRIBUTION, NULL, &state, err) < 0)
		return -1;
	if (pg_text(state, 0, 2) != NULL)
		err_set(err, ERR_CONFIG, "%s", pg_text(state, 0, 2));
	else if (pg_run(ctl->db, SQL_CTL_DISTRIBUTE, NULL, NULL, err) == 0)
		rc = distributed_print(ctl, pg_text(state, 0, 1), err);
	pg_result_free(&state);
	return rc;
}
