/* SPDX-License-Identifier: ISC */
/* creelctl event: lists and shows events, and follows the log. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/ids.h"
#include "base/jsn.h"
#include "ctl/ctl.h"
#include "device/receipt.h"
#include "event/cursor.h"

#define FOLLOW_ROWS "1000"	/* at a time, to limit memory */
#define EVENT_STATUSES "pending success failed"
#define LIMIT 50
#define LIMIT_MAX 100000
#define DEVICES_LIMIT 1000
#define NIL_UUID "00000000-0000-0000-0000-000000000000"

static int event_list(struct ctl *, struct err *);
static int event_show(struct ctl *, struct err *);
static int event_devices(struct ctl *, struct err *);

static const struct ctl_option list_options[] = {
	OPTION_LIST_OWNER,
	{ "hook", "ID|HANDLE", 0, "list only this hook's", 0 },
	{ "status", "STATUS", 0, "pending, success or failed", 0 },
	{ "since", "TIME", 0, "list none older: 2030-01-31, -1h", 0 },
	{ "limit", "N", 0, "0 to 100000 newest ones; default: 50", 0 },
	{ "follow", NULL, 0, "continue with new events", 0 },
	OPTIONS_END
};

static const struct ctl_option show_options[] = {
	{ "body", NULL, 0, "print only the bytes of the body", 0 },
	OPTIONS_END
};

static const struct ctl_option devices_options[] = {
	{ "status", "STATUS", 0, "pending, fetched, done or failed", 0 },
	{ "limit", "N", 0, "0 to 100000 devices; default: 1000", 0 },
	OPTIONS_END
};

const struct command event_commands[] = {
	{ "event list", NULL, list_options, 0, event_list, NULL,
	    "List the newest events in ascending order." },
	{ "event show", "ID", show_options, 0, event_show, NULL,
	    "Show an event: its status, request and body." },
	{ "event devices", "ID", devices_options, 0, event_devices, NULL,
	    "List the devices that an event addresses." },
	COMMANDS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "receivedAt", "RECEIVED", 0 },
	{ "hookId", "HOOK", OUTPUT_OPTIONAL },
	{ "status", "STATUS", 0 },
	{ "size", "SIZE", 0 },
	{ "principal", "PRINCIPAL", OUTPUT_OPTIONAL },
	{ "path", "PATH", OUTPUT_CUT | OUTPUT_OMIT_LAST },
	COLUMNS_END
};

static const struct output_column device_columns[] = {
	{ "deviceId", "DEVICE", 0 },
	{ "status", "STATUS", 0 },
	{ "time", "TIME", OUTPUT_OMIT_LAST },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	{ "reason", "REASON", OUTPUT_CUT },
	COLUMNS_END
};

/* The events to list. */
struct filter {
	const char *application;
	const char *hook;
	const char *status;
	const char *since;
	const char *limit;
};

static int
filter_read(struct ctl *ctl, struct filter *f, struct err *err)
{
	const char *hook = args_value(ctl, "hook");
	struct found found;
	int64_t limit = LIMIT;

	f->application = args_value(ctl, "application");
	f->status = args_value(ctl, "status");
	f->hook = NULL;
	if (input_word("--status", EVENT_STATUSES, f->status, err) < 0 ||
	    input_time(ctl, "--since", args_value(ctl, "since"), &f->since,
	    err) < 0 ||
	    input_integer("--limit", args_value(ctl, "limit"), 0, LIMIT_MAX,
	    LIMIT, &limit, err) < 0 ||
	    (f->application != NULL &&
	    input_application(ctl, f->application, err) < 0))
		return -1;
	f->limit = arena_printf(&ctl->arena, "%lld", (long long)limit);
	if (hook == NULL)
		return 0;
	if (input_hook(ctl, NULL, hook, &found, err) < 0)
		return -1;
	if (f->application != NULL &&
	    strcmp(f->application, found.application) != 0)
		return err_set(err, ERR_NOT_FOUND, "no hook \"%s\" in "
		    "application \"%s\"", hook, f->application);
	f->application = found.application;
	f->hook = found.id;
	return 0;
}

/* Sets the cursor to the horizon, below which later statements may read.  No
 * event has the nil UUID, so the first event at the horizon comes after it. */
static int
horizon_read(struct ctl *ctl, const char *from, struct cursor *out,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(from) };
	struct pg_result *res = NULL;

	if (pg_run(ctl->db, SQL_CTL_EVENT_HORIZON, values, &res, err) < 0)
		return -1;
	cursor_set(out, pg_text(res, 0, 0), NIL_UUID);
	pg_result_free(&res);
	return 0;
}

/* Prints the events after the cursor, and moves it; rows gets their number.
 * All events up to the cursor were printed. */
static int
follow_once(struct ctl *ctl, const struct filter *f, struct cursor *cursor,
    struct output *table, size_t *rows, struct err *err)
{
	struct cursor horizon;
	const struct pg_value values[] = {
		PG_TEXT(f->application), PG_TEXT(f->hook), PG_TEXT(f->status),
		PG_TEXT(cursor->position), PG_TEXT(cursor->event),
		PG_TEXT(FOLLOW_ROWS), PG_TEXT(horizon.position)
	};
	struct pg_result *res = NULL;
	int rc;

	if (horizon_read(ctl, cursor->position, &horizon, err) < 0 ||
	    pg_run(ctl->db, SQL_CTL_EVENT_FOLLOW, values, &res, err) < 0)
		return -1;
	*rows = pg_rows(res);
	rc = output_rows(ctl, table, res, err);
	if (*rows > 0)
		cursor_set(cursor, pg_text(res, *rows - 1, 1),
		    pg_text(res, *rows - 1, 2));
	else if (strcmp(horizon.position, cursor->position) != 0)
		*cursor = horizon;
	pg_result_free(&res);
	return rc;
}

static int
follow(struct ctl *ctl, const struct filter *f, struct cursor *cursor,
    struct output *table, struct err *err)
{
	const struct timespec second = { .tv_sec = 1 };
	size_t rows = 0;

	/* Until the reader closes the pipe, or a signal. */
	while (fflush(stdout) == 0 && !ferror(stdout)) {
		if (rows == 0)
			nanosleep(&second, NULL);
		if (follow_once(ctl, f, cursor, table, &rows, err) < 0)
			return -1;
	}
	return 0;
}

static int
event_list(struct ctl *ctl, struct err *err)
{
	struct output table = { .columns = columns };
	bool follows = args_value(ctl, "follow") != NULL;
	struct pg_value values[] = {
		PG_NULL, PG_NULL, PG_NULL, PG_NULL, PG_NULL, PG_NULL
	};
	struct pg_result *res = NULL;
	struct cursor cursor;
	struct filter f;
	int rc;

	if (filter_read(ctl, &f, err) < 0 ||
	    (follows && horizon_read(ctl, NULL, &cursor, err) < 0))
		return -1;
	values[0].data = f.application;
	values[1].data = f.hook;
	values[2].data = f.status;
	values[3].data = f.since;
	values[4].data = follows ? cursor.position : NULL;
	values[5].data = f.limit;
	if (pg_run(ctl->db, SQL_CTL_EVENT_LIST, values, &res, err) < 0)
		return -1;
	rc = follows ? output_rows(ctl, &table, res, err) :
	    output_list(ctl, res, columns, "no events yet", err);
	pg_result_free(&res);
	if (rc < 0 || !follows)
		return rc;
	return follow(ctl, &f, &cursor, &table, err);
}

static int
header_print(const char *name, const struct jsn *value, void *ctx)
{
	const char *text = jsn_string(value);

	(void)ctx;
	printf("  ");
	output_text(name, strlen(name), false);
	printf(": ");
	if (text != NULL)
		output_text(text, strlen(text), false);
	printf("\n");
	return 0;
}

/* Prints the properties, the headers and the body. */
static int
event_print(const struct ctl *ctl, const struct pg_result *event,
    struct err *err)
{
	struct jsn *headers = NULL;
	const char *body;
	size_t len;

	if (output_object(ctl, pg_text(event, 0, 0), err) < 0 ||
	    jsn_parse(pg_text(event, 0, 3), strlen(pg_text(event, 0, 3)),
	    &headers, err) < 0)
		return -1;
	printf("\nheaders\n");
	jsn_each(headers, header_print, NULL);
	jsn_free(&headers);
	/* What the body reads as, or its bytes if these are JSON or text. */
	body = pg_bytes(event, 0, pg_text(event, 0, 2) != NULL ? 2 : 1, &len);
	printf("\n");
	output_text(body, len, true);
	if (len > 0 && body[len - 1] != '\n')
		printf("\n");
	return 0;
}

static int
event_show(struct ctl *ctl, struct err *err)
{
	char id[ID_UUID_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(ctl->json ? "true" : "false")
	};
	struct pg_result *res = NULL;
	const char *body;
	size_t len;
	int rc = 0;

	if (!id_parse_guid(ctl->argument, id))
		return err_set(err, ERR_NOT_FOUND, "no event \"%s\"",
		    ctl->argument);
	if (pg_run(ctl->db, SQL_CTL_EVENT_SHOW, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "no event \"%s\"", id);
	} else if (args_value(ctl, "body") != NULL) {
		body = pg_bytes(res, 0, 1, &len);
		fwrite(body, 1, len, stdout);
	} else if (ctl->json) {
		rc = output_object(ctl, pg_text(res, 0, 0), err);
	} else {
		rc = event_print(ctl, res, err);
	}
	pg_result_free(&res);
	return rc;
}

static int
event_exists(struct ctl *ctl, const char *id, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(id), PG_TEXT("false") };
	struct pg_result *row = NULL;

	if (input_row(ctl, SQL_CTL_EVENT_SHOW, values, "event", id, &row,
	    err) < 0)
		return -1;
	pg_result_free(&row);
	return 0;
}

static int
event_devices(struct ctl *ctl, struct err *err)
{
	const char *status = args_value(ctl, "status");
	struct pg_result *rows = NULL;
	char id[ID_UUID_SIZE];
	int64_t limit;
	int rc;

	if (input_word("--status", RECEIPT_STATUSES, status, err) < 0 ||
	    input_integer("--limit", args_value(ctl, "limit"), 0, LIMIT_MAX,
	    DEVICES_LIMIT, &limit, err) < 0)
		return -1;
	if (!id_parse_guid(ctl->argument, id))
		return err_set(err, ERR_NOT_FOUND, "no event \"%s\"",
		    ctl->argument);

	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(status),
		PG_TEXT(arena_printf(&ctl->arena, "%lld", (long long)limit))
	};
	if (pg_run(ctl->db, SQL_CTL_EVENT_DEVICES, values, &rows, err) < 0)
		return -1;
	if ((rc = pg_rows(rows) > 0 ? 0 : event_exists(ctl, id, err)) == 0)
		rc = output_list(ctl, rows, device_columns, "no devices", err);
	pg_result_free(&rows);
	return rc;
}
