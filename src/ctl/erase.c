/* SPDX-License-Identifier: ISC */
/* creelctl erase: finds the events that contain a person's data, and erases
 * them in steps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth_key.h"
#include "base/jsn_write.h"
#include "base/logger.h"
#include "base/mem.h"
#include "ctl/ctl.h"
#include "db/array.h"
#include "event/cursor.h"
#include "event/match.h"

#define MATCHES_MAX 32		/* of a command */
#define SCAN_ROWS "2000"	/* looked at by one statement */
#define STEP_EVENTS 250		/* erased in one transaction */
#define ISO_SIZE 32
#define STEP_RECEIPTS "1000"	/* the same, of their receipts */

static int erase(struct ctl *, struct err *);

static const struct ctl_option erase_options[] = {
	OPTION_OWNER,
	{ "match", "PATH=VALUE", OPTION_REPEATABLE,
	    "events with this value at a JSON Pointer", 0 },
	{ "contains", "PATH=TEXT", OPTION_REPEATABLE,
	    "events with this text in a string there", 0 },
	{ "hook", "ID|HANDLE", 0, "only events of this hook", 0 },
	{ "since", "TIME", 0, "only events received from then on", 0 },
	{ "until", "TIME", 0, "only events received before", 0 },
	{ "force", NULL, 0, "erase them; without it they are counted", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", 0 },
	{ "role", "ROLE", OUTPUT_OPTIONAL },
	{ "events", "EVENTS", 0 },
	{ "beganAt", "BEGAN", OUTPUT_OPTIONAL },
	{ "finishedAt", "FINISHED", 0 },
	{ "paths", "PATHS", OUTPUT_CUT | OUTPUT_OMIT_LAST },
	COLUMNS_END
};

static const struct owned erasures = {
	"erasure", 0, SQL_CTL_ERASURE_LIST, SQL_NONE, columns
};

const struct command erase_commands[] = {
	{ "erase list", NULL, owned_list_options, 0, owned_list, &erasures,
	    "List the erasures of events." },
	{ "erase", NULL, erase_options, 0, erase, NULL,
	    "Find events by their contents; with --force erase them." },
	COMMANDS_END
};

/* The columns of CTL_ERASURE_SCAN. */
enum column {
	POSITION, ID, WANTED, HOOK, RECEIVED, READING, VALUE, BODY, TYPE,
	HEADERS, METHOD, PATH, QUERY, QUERY_JSON, PRINCIPAL, REMOTE, RECORD
};

/* Events of a hook that matched. */
struct tally {
	const char *hook;
	char oldest[ISO_SIZE];
	char newest[ISO_SIZE];
	int64_t events;
};

/* The state of the command. */
struct erasure {
	struct ctl *ctl;
	const char *application;
	const char *hook;	/* or NULL */
	const char *since;	/* or NULL */
	const char *until;	/* or NULL */
	struct match matches[MATCHES_MAX];
	size_t n_matches;
	const char *id;		/* NULL: a dry run */
	struct cursor cursor;	/* in the log */
	struct cursor kept;	/* in the kept values */
	struct tally *tallies;	/* sorted by hook; owned */
	size_t n_tallies;
	int64_t events;
};

static int
matches_read(struct erasure *e, const char *option, bool contains,
    struct err *err)
{
	struct arena *arena = &e->ctl->arena;
	const char *const *text = args_values(e->ctl, option);
	const char *what = arena_printf(arena, "--%s", option);
	int rc = 0;

	for (; rc == 0 && *text != NULL; text++) {
		if (e->n_matches == MATCHES_MAX)
			return err_set(err, ERR_USAGE, "--match, --contains: "
			    "must not be used more than %d times together",
			    MATCHES_MAX);
		rc = match_parse(arena, what, *text, contains,
		    &e->matches[e->n_matches++], err);
	}
	return rc;
}

static int
options_check(struct erasure *e, struct err *err)
{
	struct ctl *ctl = e->ctl;
	const char *hook = args_value(ctl, "hook");
	struct found found;

	e->application = args_value(ctl, "application");
	if (matches_read(e, "match", false, err) < 0 ||
	    matches_read(e, "contains", true, err) < 0)
		return -1;
	if (e->n_matches == 0)
		return err_set(err, ERR_USAGE, "--match or --contains: "
		    "required");
	if (input_time(ctl, "--since", args_value(ctl, "since"), &e->since,
	    err) < 0 ||
	    input_time(ctl, "--until", args_value(ctl, "until"), &e->until,
	    err) < 0 ||
	    input_application(ctl, e->application, err) < 0)
		return -1;
	if (hook == NULL)
		return 0;
	if (input_hook(ctl, NULL, hook, &found, err) < 0)
		return -1;
	if (strcmp(e->application, found.application) != 0)
		return err_set(err, ERR_NOT_FOUND, "no hook \"%s\" in "
		    "application \"%s\"", hook, e->application);
	e->hook = found.id;
	return 0;
}

/* Sets hash to that of the command with this erasure's id.  Times count as they
 * were given, because -30d is another time tomorrow. */
static void
command_hash(struct ctl *ctl, const char *id, char hash[KEY_HASH_SIZE])
{
	static const char *const options[] = {
		"match", "contains", "hook", "since", "until"
	};
	struct buf text;
	size_t i;

	buf_init(&text);
	buf_addstr(&text, id);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		input_write_texts(&text, options[i],
		    args_values(ctl, options[i]));
	key_hash(text.data, hash);
	buf_release(&text);
}

/* Returns the paths of all matches, an array's text. */
static const char *
paths_text(const struct erasure *e)
{
	struct arena *arena = &e->ctl->arena;
	const char **paths = arena_alloc(arena, e->n_matches * sizeof(*paths));
	size_t i;

	for (i = 0; i < e->n_matches; i++)
		paths[i] = e->matches[i].path;
	return array_texts(arena, paths, e->n_matches);
}

/* Continues the interrupted erasure of the same command, if there is one. */
static int
erasure_find(struct erasure *e, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(e->application) };
	struct arena *arena = &e->ctl->arena;
	struct pg_result *rows = NULL;
	char hash[KEY_HASH_SIZE];
	size_t i;

	if (pg_run(e->ctl->db, SQL_CTL_ERASURE_OPEN, values, &rows, err) < 0)
		return -1;
	for (i = 0; i < pg_rows(rows) && e->id == NULL; i++) {
		command_hash(e->ctl, pg_text(rows, i, 0), hash);
		if (strcmp(hash, pg_text(rows, i, 1)) != 0)
			continue;
		e->id = arena_strdup(arena, pg_text(rows, i, 0));
		if (e->since != NULL)
			e->since = arena_strdup(arena, pg_text(rows, i, 2));
		if (e->until != NULL)
			e->until = arena_strdup(arena, pg_text(rows, i, 3));
		cursor_set(&e->cursor, pg_text(rows, i, 4),
		    pg_text(rows, i, 5));
	}
	pg_result_free(&rows);
	return 0;
}

static int
erasure_begin(struct erasure *e, struct err *err)
{
	char id[ID_OBJECT_SIZE], hash[KEY_HASH_SIZE];

	if (erasure_find(e, err) < 0)
		return -1;
	if (e->id != NULL)
		return 0;
	id_object(id);
	e->id = arena_strdup(&e->ctl->arena, id);
	command_hash(e->ctl, id, hash);

	const struct pg_value values[] = {
		PG_TEXT(id), PG_TEXT(e->application), PG_TEXT(paths_text(e)),
		PG_TEXT(e->hook), PG_TEXT(e->since), PG_TEXT(e->until),
		PG_TEXT(hash)
	};
	return pg_run(e->ctl->db, SQL_CTL_ERASURE_BEGIN, values, NULL, err);
}

/* Returns the place of a hook among the tallies. */
static size_t
tally_place(const struct erasure *e, const char *hook)
{
	size_t low = 0, high = e->n_tallies, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (strcmp(e->tallies[middle].hook, hook) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
tally_add(struct erasure *e, const char *hook, const char *received)
{
	struct arena *arena = &e->ctl->arena;
	size_t i = tally_place(e, hook);
	struct tally *t;

	e->events++;
	if (i == e->n_tallies || strcmp(e->tallies[i].hook, hook) != 0) {
		e->tallies = mem_resize(e->tallies,
		    (e->n_tallies + 1) * sizeof(*t));
		memmove(&e->tallies[i + 1], &e->tallies[i],
		    (e->n_tallies++ - i) * sizeof(*t));
		e->tallies[i] = (struct tally){
			.hook = arena_strdup(arena, hook)
		};
	}
	t = &e->tallies[i];
	if (t->events == 0 || strcmp(received, t->oldest) < 0)
		snprintf(t->oldest, sizeof(t->oldest), "%s", received);
	if (strcmp(received, t->newest) > 0)
		snprintf(t->newest, sizeof(t->newest), "%s", received);
	t->events++;
}

/* Returns whether all matches apply to a row of the scan. */
static bool
row_is(const struct erasure *e, const struct pg_result *rows, size_t row)
{
	struct match_event event = {
		.reading = pg_text(rows, row, READING),
		.value = pg_text(rows, row, VALUE),
		.type = pg_text(rows, row, TYPE),
		.headers = pg_text(rows, row, HEADERS),
		.method = pg_text(rows, row, METHOD),
		.path = pg_text(rows, row, PATH),
		.query = pg_text(rows, row, QUERY),
		.query_json = pg_text(rows, row, QUERY_JSON),
		.principal = pg_text(rows, row, PRINCIPAL),
		.remote = pg_text(rows, row, REMOTE),
		.record = pg_text(rows, row, RECORD)
	};
	size_t i = 0;

	if (strcmp(pg_text(rows, row, WANTED), "true") != 0)
		return false;
	event.body = pg_bytes(rows, row, BODY, &event.body_len);
	while (i < e->n_matches && match_is(&e->matches[i], &event))
		i++;
	return i == e->n_matches;
}

/* Erases the events in the text of an array, which is then empty and open.
 * With a cursor that is the place up to which all are done. */
static int
step_run(struct erasure *e, struct buf *ids, const struct cursor *cursor,
    struct err *err)
{
	struct pg_value values[] = {
		PG_TEXT(e->id), PG_TEXT(e->application), PG_NULL,
		PG_TEXT(cursor != NULL ? cursor->position : NULL),
		PG_TEXT(cursor != NULL ? cursor->event : NULL),
		PG_TEXT(STEP_RECEIPTS)
	};
	struct pg_result *res = NULL;
	bool again = true;
	int rc = 0;

	buf_addch(ids, '}');
	values[2].data = ids->data;
	while (rc == 0 && again) {
		if (pg_run(e->ctl->db, SQL_CTL_ERASURE_STEP, values, &res,
		    err) < 0)
			return -1;
		if (pg_text(res, 0, 0) == NULL)
			rc = err_set(err, ERR_NOT_FOUND, "application \"%s\" "
			    "has been deleted", e->application);
		else
			again = strcmp(pg_text(res, 0, 0), "false") == 0;
		pg_result_free(&res);
	}
	ids->len = 1;
	return rc;
}

/* Counts the rows that match and, unless it is a dry run, erases them; moves
 * the cursor behind them.  That of the log is stored. */
static int
rows_erase(struct erasure *e, const struct pg_result *rows,
    struct cursor *cursor, struct err *err)
{
	size_t row, last = pg_rows(rows) - 1, n = 0;
	struct buf ids;
	int rc = 0;

	buf_init(&ids);
	buf_addch(&ids, '{');
	for (row = 0; row <= last && rc == 0; row++) {
		if (!row_is(e, rows, row))
			continue;
		tally_add(e, pg_text(rows, row, HOOK),
		    pg_text(rows, row, RECEIVED));
		buf_printf(&ids, "%s%s", ids.len == 1 ? "" : ",",
		    pg_text(rows, row, ID));
		if (++n % STEP_EVENTS == 0 && e->id != NULL)
			rc = step_run(e, &ids, NULL, err);
	}
	cursor_set(cursor, pg_text(rows, last, POSITION),
	    pg_text(rows, last, ID));
	if (rc == 0 && e->id != NULL)
		rc = step_run(e, &ids, cursor == &e->cursor ? cursor : NULL,
		    err);
	buf_release(&ids);
	return rc;
}

/* Runs a statement until it returns no row behind the cursor, which is one of
 * the values. */
static int
scan(struct erasure *e, enum sql_id statement, const struct pg_value *values,
    struct cursor *cursor, struct err *err)
{
	struct pg_result *rows = NULL;
	size_t n = 1;
	int rc = 0;

	while (rc == 0 && n > 0) {
		if (pg_run(e->ctl->db, statement, values, &rows, err) < 0)
			return -1;
		if ((n = pg_rows(rows)) > 0)
			rc = rows_erase(e, rows, cursor, err);
		pg_result_free(&rows);
	}
	return rc;
}

/* Looks at all events from the cursor up to a position. */
static int
scan_log(struct erasure *e, const char *horizon, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(e->application), PG_TEXT(e->hook), PG_TEXT(e->since),
		PG_TEXT(e->until), PG_TEXT(e->cursor.position),
		PG_TEXT(e->cursor.event), PG_TEXT(horizon), PG_TEXT(SCAN_ROWS)
	};

	return scan(e, SQL_CTL_ERASURE_SCAN, values, &e->cursor, err);
}

/* Looks at the current values of events that retention has deleted.  After the
 * log, because retention may go on meanwhile. */
static int
scan_kept(struct erasure *e, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(e->application), PG_TEXT(e->hook), PG_TEXT(e->since),
		PG_TEXT(e->until), PG_TEXT(e->kept.event), PG_TEXT(SCAN_ROWS)
	};

	return scan(e, SQL_CTL_ERASURE_KEPT, values, &e->kept, err);
}

/* Looks at all events that were stored before the command.  An event that is
 * committed late is waited for, as any reader that follows the log does. */
static int
scan_all(struct erasure *e, struct err *err)
{
	static const struct timespec rest = { 0, 100000000 };
	const struct pg_value from[] = { PG_TEXT(e->cursor.position) };
	long long last = -1, horizon;
	struct pg_result *res = NULL;
	int rc;

	do {
		if (pg_run(e->ctl->db, SQL_CTL_EVENT_HORIZON, from, &res,
		    err) < 0)
			return -1;
		horizon = strtoll(pg_text(res, 0, 0), NULL, 10);
		if (last < 0)
			last = strtoll(pg_text(res, 0, 1), NULL, 10);
		rc = scan_log(e, pg_text(res, 0, 0), err);
		pg_result_free(&res);
		if (rc == 0 && horizon <= last)
			nanosleep(&rest, NULL);
	} while (rc == 0 && horizon <= last);
	return rc < 0 ? -1 : scan_kept(e, err);
}

/* Writes a line to the audit log. */
static int
audit(const struct erasure *e, const char *state, const char *events,
    struct err *err)
{
	struct buf paths;
	size_t i;
	int rc;

	buf_init(&paths);
	for (i = 0; i < e->n_matches; i++)
		buf_printf(&paths, "%s%s", i == 0 ? "" : " ",
		    e->matches[i].path);
	rc = log_audit(err, "creelctl erasure=%s application=%s paths=%s "
	    "state=%s events=%s uid=%ld", e->id, e->application, paths.data,
	    state, events, (long)getuid());
	buf_release(&paths);
	return rc;
}

static int
erasure_finish(struct erasure *e, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(e->id) };
	struct pg_result *row = NULL;
	int rc;

	if (input_row(e->ctl, SQL_CTL_ERASURE_FINISH, values, "erasure", e->id,
	    &row, err) < 0)
		return -1;
	rc = audit(e, "finished", pg_text(row, 0, 0), err);
	pg_result_free(&row);
	return rc;
}

static void
tallies_write(const struct erasure *e)
{
	struct buf json;
	size_t i;

	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_string(&json, "erasure", e->id);
	jsn_write_string(&json, "applicationId", e->application);
	jsn_write_integer(&json, "events", e->events);
	jsn_write_array(&json, "hooks");
	for (i = 0; i < e->n_tallies; i++) {
		jsn_write_object(&json, NULL);
		jsn_write_string(&json, "hookId", e->tallies[i].hook);
		jsn_write_integer(&json, "events", e->tallies[i].events);
		jsn_write_string(&json, "oldest", e->tallies[i].oldest);
		jsn_write_string(&json, "newest", e->tallies[i].newest);
		jsn_write_end(&json, '}');
	}
	jsn_write_end(&json, ']');
	output_json(&json);
}

static void
tallies_print(const struct erasure *e)
{
	const struct tally *t = e->tallies;
	size_t i;

	if (e->n_tallies > 0)
		printf("%-24s  %-24s  %-24s  EVENTS\n", "HOOK", "OLDEST",
		    "NEWEST");
	for (i = 0; i < e->n_tallies; i++)
		output_line("%-24s  %s  %s  %lld", t[i].hook, t[i].oldest,
		    t[i].newest, (long long)t[i].events);
	printf(e->id != NULL ? "%lld events erased\n" :
	    "%lld events match, none is erased without --force\n",
	    (long long)e->events);
}

static int
erase_run(struct erasure *e, struct err *err)
{
	struct ctl *ctl = e->ctl;

	if (options_check(e, err) < 0)
		return -1;
	if (args_value(ctl, "force") != NULL && (audit_open(ctl, err) < 0 ||
	    erasure_begin(e, err) < 0 || audit(e, "begun", "-", err) < 0))
		return -1;
	if (scan_all(e, err) < 0)
		return e->id == NULL ? -1 : err_prefix(err, "erasure \"%s\" is "
		    "not finished, run the command again", e->id);
	if (e->id != NULL && erasure_finish(e, err) < 0)
		return -1;
	if (ctl->json)
		tallies_write(e);
	else
		tallies_print(e);
	return 0;
}

static int
erase(struct ctl *ctl, struct err *err)
{
	struct erasure e = { .ctl = ctl };
	int rc;

	cursor_set(&e.cursor, "0", "00000000-0000-0000-0000-000000000000");
	e.kept = e.cursor;
	rc = erase_run(&e, err);
	free(e.tallies);
	return rc;
}
