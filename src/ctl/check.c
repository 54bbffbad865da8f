/* SPDX-License-Identifier: ISC */
/* creelctl check: tests configuration, keys, database and schema, and prints a
 * line for each test. */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/auth.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/jsn_write.h"
#include "ctl/ctl.h"
#include "db/pg_conninfo.h"

#define CLOCK_DIFFERENCE 1000000	/* microseconds */
#define CHANNEL "creel_check"		/* one that no worker listens to */

#define OVERDUE_DAYS "2"

static int check(struct ctl *, struct err *);

const struct command check_commands[] = {
	{ "check", NULL, NULL, COMMAND_LOADS_CONF, check, NULL,
	    "Check configuration, keys, database and schema." },
	COMMANDS_END
};

struct report {
	struct ctl *ctl;
	struct pg *worker;	/* ctl->db is the owner's */
	size_t lines;
	size_t tests;
	size_t wrong;
	bool distributed;	/* the log is */
};

/* Prints a line; why may be NULL. */
static void
report_print(struct report *r, const char *mark, const char *what,
    const char *why)
{
	struct buf buf;

	if (!r->ctl->json) {
		output_line("%-5s %s%s%s", mark, what,
		    why == NULL ? "" : ": ", why == NULL ? "" : why);
		return;
	}
	printf("%s", r->lines++ == 0 ? "[" : ",\n");
	buf_init(&buf);
	jsn_write_object(&buf, NULL);
	jsn_write_bool(&buf, "ok", strcmp(mark, "WRONG") != 0);
	jsn_write_string(&buf, "what", what);
	if (why != NULL)
		jsn_write_string(&buf, "how", why);
	jsn_write_end(&buf, '}');
	output_raw(buf.data);
	buf_release(&buf);
}

/* Prints the line of a test; why is NULL if it passed. */
static void
report_line(struct report *r, const char *what, const char *why)
{
	r->tests++;
	r->wrong += why != NULL;
	report_print(r, why == NULL ? "ok" : "WRONG", what, why);
}

/* Prints the line of a test that returns rc and fills err; returns rc. */
static int
report_step(struct report *r, const char *what, int rc, const struct err *err)
{
	report_line(r, what, rc < 0 ? err->text : NULL);
	return rc;
}

static int
check_configuration(struct report *r)
{
	struct err err;

	return report_step(r, "configuration", conf_load(r->ctl->conf_path,
	    pg_conninfo_check,
	    &r->ctl->conf, &err), &err);
}

/* Prints a line about something that is correct but may not be intended. */
static void
report_note(const char *text, void *ctx)
{
	struct report *r = ctx;

	report_print(r, "note", text, NULL);
}

/* A secret file must not be readable by all users of the host. */
static void
file_check(struct report *r, const char *path)
{
	struct arena *arena = &r->ctl->arena;
	const char *why = NULL;
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) < 0)
		why = strerror(errno);
	else if (st.st_mode & (S_IRWXO | S_IWGRP))
		why = arena_printf(arena, "mode %03o lets others read or "
		    "change it: chmod 640", (unsigned)st.st_mode & 0777);
	report_line(r, arena_printf(arena, "secret file %s", path), why);
}

static int
check_issuers(struct report *r)
{
	const struct conf_issuer *i;
	struct auth *auth = NULL;
	struct err err;

	if (report_step(r, "issuers and their keys",
	    auth_load(r->ctl->conf, &auth, &err), &err) == 0)
		auth_each_skipped(auth, report_note, r);
	auth_free(&auth);
	for (i = r->ctl->conf->issuers; i != NULL; i = i->next) {
		file_check(r, i->secret_file);
		if (strcmp(i->signing_key, i->secret_file) != 0)
			file_check(r, i->signing_key);
	}
	return 0;
}

/* With any version of the schema, and a timeout for the owner too. */
static struct pg *
database_open(const struct conf *conf, struct pg_options options)
{
	options.timeout = conf->database_timeout;
	options.any_schema = true;
	return pg_open(&options);
}

/* Connects and prints the line of this test. */
static int
check_connection(struct report *r, const char *what, struct pg *pg,
    const char *option)
{
	struct err err;
	int rc = pg_connect(pg, &err);

	report_line(r, what, rc == 0 ? NULL : arena_printf(&r->ctl->arena,
	    "%s; start PostgreSQL or correct %s in creel.conf", err.text,
	    option));
	return rc;
}

static int
check_owner(struct report *r)
{
	const struct conf *conf = r->ctl->conf;

	r->ctl->db = database_open(conf, pg_options_owner(conf));
	return check_connection(r, "database, as the owner", r->ctl->db,
	    "admin_database or database");
}

/* Reads one text; *out is NULL for null or no row. */
static int
text_read(struct report *r, struct pg *pg, enum sql_id sql,
    const struct pg_value *values, const char **out, struct err *err)
{
	struct pg_result *res = NULL;

	if (pg_run(pg, sql, values, &res, err) < 0)
		return -1;
	*out = pg_rows(res) == 0 || pg_text(res, 0, 0) == NULL ? NULL :
	    arena_strdup(&r->ctl->arena, pg_text(res, 0, 0));
	pg_result_free(&res);
	return 0;
}

/* Prints the line of a test that passes if text is NULL or ok; a failure is the
 * text and the advice. */
static void
text_line(struct report *r, const char *what, const char *text, const char *ok,
    const char *advice)
{
	report_line(r, what, text == NULL || strcmp(text, ok) == 0 ? NULL :
	    arena_printf(&r->ctl->arena, "%s %s", text, advice));
}

/* The same with the text that a statement returns. */
static int
check_text(struct report *r, struct pg *pg, enum sql_id sql,
    const struct pg_value *values, const char *what, const char *ok,
    const char *advice)
{
	const char *text;
	struct err err;

	if (text_read(r, pg, sql, values, &text, &err) < 0)
		report_line(r, what, err.text);
	else
		text_line(r, what, text, ok, advice);
	return 0;
}

static int
check_schema(struct report *r)
{
	const char *version;
	struct err err;
	int rc;

	rc = text_read(r, r->ctl->db, SQL_SCHEMA_VERSION, NULL, &version,
	    &err);
	if (rc == 0)
		rc = sql_schema_check(atoi(version), &err);
	else if (err.code == ERR_CONFIG)
		err_prefix(&err, "missing, run creelctl migrate");
	return report_step(r, "schema", rc, &err);
}

/* Requires a day less than maintain creates, which may run at any time of the
 * day. */
static int
check_partitions(struct report *r)
{
	const struct pg_value values[] = {
		PG_TEXT(arena_printf(&r->ctl->arena, "%lld",
		    (long long)r->ctl->conf->partitions_ahead - 1))
	};

	return check_text(r, r->ctl->db, SQL_CTL_GAPS, values,
	    "partitions for today and ahead", "",
	    "has none: run creelctl maintain daily");
}

static int
check_retention(struct report *r)
{
	static const struct pg_value values[] = { PG_TEXT(OVERDUE_DAYS) };

	return check_text(r, r->ctl->db, SQL_CTL_OVERDUE, values,
	    "expired partitions are dropped", "", "expired more than "
	    OVERDUE_DAYS " days ago, but other sessions lock the log whenever "
	    "creelctl maintain runs: end transactions that are open for long, "
	    "or run it at another time");
}

static int
check_strays(struct report *r)
{
	return check_text(r, r->ctl->db, SQL_CTL_STRAYS, NULL,
	    "event_default is empty", "0",
	    "events are in it: run creelctl maintain daily");
}

/* Prints a line only of a log that is distributed. */
static int
check_distribution(struct report *r)
{
	struct pg_result *res = NULL;
	struct err err;
	const char *why = NULL;

	r->distributed = true;
	if (pg_run(r->ctl->db, SQL_CTL_DISTRIBUTION, NULL, &res, &err) < 0) {
		why = err.text;
	} else {
		r->distributed = strcmp(pg_text(res, 0, 0), "true") == 0;
		if (pg_text(res, 0, 2) != NULL)
			why = arena_strdup(&r->ctl->arena, pg_text(res, 0, 2));
	}
	if (r->distributed)
		report_line(r, "nodes of the distributed log", why);
	pg_result_free(&res);
	return 0;
}

static long long
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int
check_clock(struct report *r)
{
	long long before = microseconds(), after, theirs;
	const char *clock, *why = NULL;
	struct err err;

	if (text_read(r, r->ctl->db, SQL_CTL_CLOCK, NULL, &clock, &err) < 0) {
		why = err.text;
	} else {
		after = microseconds();
		theirs = strtoll(clock, NULL, 10);
		if (theirs < before - CLOCK_DIFFERENCE ||
		    theirs > after + CLOCK_DIFFERENCE)
			why = arena_printf(&r->ctl->arena, "they differ by "
			    "%lld ms: run an NTP client on both",
			    (theirs - (before + after) / 2) / 1000);
	}
	report_line(r, "clocks of this host and the database", why);
	return 0;
}

/* New events come after restored ones because the clock is ahead of those
 * (HACKING.md). */
static int
check_positions(struct report *r)
{
	const char *highest = "highest position of the log";
	struct pg_result *res = NULL;
	struct err err;

	if (pg_run(r->ctl->db, SQL_CTL_POSITIONS, NULL, &res, &err) < 0) {
		report_line(r, highest, err.text);
		return 0;
	}
	text_line(r, highest, pg_text(res, 0, 0), "",
	    "is stored, but was not assigned here, because the sequence "
	    "creel.position was not restored: run creelctl maintain");
	text_line(r, "positions of the log and the clock of the database",
	    pg_text(res, 0, 1), "",
	    "seconds: the log is ahead of the clock of the database; set the "
	    "right time on its host with an NTP client; if the time is right, "
	    "the positions are from a time when it was wrong, and new events "
	    "continue from them");
	pg_result_free(&res);
	return 0;
}

/* A transaction that does not end stops all readers, however many events are
 * committed behind it. */
static int
check_readers(struct report *r)
{
	return check_text(r, r->ctl->db, SQL_CTL_HOLDERS, NULL,
	    "readers of the log", "",
	    "end sessions with SELECT pg_terminate_backend(PID), and "
	    "prepared transactions, except those of Citus, with ROLLBACK "
	    "PREPARED or COMMIT PREPARED");
}

static int
check_worker(struct report *r)
{
	const struct conf *conf = r->ctl->conf;

	r->worker = database_open(conf, pg_options_worker(conf));
	return check_connection(r, "database, as the worker", r->worker,
	    "database");
}

static int
check_settings(struct report *r)
{
	return check_text(r, r->worker, SQL_CTL_SETTINGS, NULL,
	    "fsync, full_page_writes and synchronous_commit", "",
	    "is off: committed events may be lost; set it to on");
}

static int
check_isolation(struct report *r)
{
	return check_text(r, r->worker, SQL_CTL_ISOLATION, NULL,
	    "isolation of the worker's transactions", "read committed",
	    "cannot follow the log: set default_transaction_isolation to read "
	    "committed");
}

/* Workers that connect through a pooler open only the listener's connection
 * directly.  One more worker runs during a restart. */
static int
check_connections(struct report *r)
{
	const struct conf *conf = r->ctl->conf;
	int64_t each = *conf->listen_database != '\0' ? 1 :
	    conf->threads + conf->writers + 1 + (*conf->push_url != '\0');
	const struct pg_value values[] = {
		PG_TEXT(arena_printf(&r->ctl->arena, "%lld",
		    (long long)((conf->workers + 1) * each)))
	};

	return check_text(r, r->worker, SQL_CTL_CONNECTIONS, values,
	    "database connections of all workers", "", "lower workers, threads "
	    "or writers in creel.conf, or raise the limit");
}

/* Plans a statement without running it, which checks the permissions.  Citus
 * cannot explain every statement that it can run. */
static int
statement_explain(struct pg *pg, const struct sql_statement *s,
    struct err *err)
{
	char name[ID_OBJECT_SIZE];
	struct buf sql;
	int i, rc;

	id_object(name);
	buf_init(&sql);
	buf_printf(&sql, "PREPARE \"%s\" AS %s;\nEXPLAIN EXECUTE \"%s\"", name,
	    s->text, name);
	for (i = 0; i < s->params; i++)
		buf_addstr(&sql, i == 0 ? " (NULL" : ", NULL");
	buf_printf(&sql, "%s;\nDEALLOCATE \"%s\"", s->params > 0 ? ")" : "",
	    name);
	rc = pg_script(pg, sql.data, err);
	buf_release(&sql);
	return rc;
}

#define GRANT_ADVICE "check that database uses the role in worker_role, then " \
    "run creelctl migrate"

static int
check_statements(struct report *r)
{
	const struct sql_statement *s = sql_statements;
	const char *why = NULL;
	struct err err;

	for (; why == NULL && s < sql_statements + SQL__COUNT; s++)
		if (s->worker && statement_explain(r->worker, s, &err) < 0 &&
		    !(r->distributed && err.code == ERR_INTERNAL))
			why = arena_printf(&r->ctl->arena, "%s: %s; "
			    GRANT_ADVICE, s->name, err.text);
	report_line(r, "the worker may run its statements", why);
	return 0;
}

/* Finds rights too that only PL/pgSQL functions use, which no plan shows. */
static int
check_rights(struct report *r)
{
	return check_text(r, r->worker, SQL_CTL_RIGHTS, NULL,
	    "the worker has its rights", "", "is missing: " GRANT_ADVICE);
}

/* Row level security does not apply to the owner of a table, and to roles that
 * bypass it. */
static int
check_fence(struct report *r)
{
	return check_text(r, r->worker, SQL_CTL_FENCE, NULL,
	    "row level security between tenants", "",
	    "(database must use the role in worker_role, without BYPASSRLS; "
	    "to create the policies again, run creelctl migrate)");
}

/* Sends a notification as the owner to a listener as the workers have it: a
 * pooler accepts LISTEN but forwards no notifications. */
static int
check_listener(struct report *r)
{
	const struct conf *conf = r->ctl->conf;
	struct pg *listener;
	char *payload = NULL;
	const char *why = NULL;
	struct err err;

	if (conf->cache_entries == 0)
		return 0;
	listener = database_open(conf, pg_options_listener(conf));
	if (pg_listen(listener, CHANNEL, &err) < 0 ||
	    pg_script(r->ctl->db, "NOTIFY " CHANNEL, &err) < 0 ||
	    pg_notification(listener, -1, conf->database_timeout, &payload,
	    &err) < 0)
		why = err.text;
	else if (payload == NULL)
		why = "no notification arrived: listen_database must connect "
		    "to the database directly, without a pooler";
	report_line(r, "notifications of changes", why);
	free(payload);
	pg_close(&listener);
	return 0;
}

/* In this order; -1 ends the check, because later tests depend on it. */
static int (*const steps[])(struct report *) = {
	check_configuration,
	check_issuers,
	check_owner,
	check_schema,
	check_distribution,
	check_partitions,
	check_strays,
	check_retention,
	check_clock,
	check_positions,
	check_readers,
	check_worker,
	check_settings,
	check_isolation,
	check_connections,
	check_statements,
	check_rights,
	check_fence,
	check_listener
};

static int
check(struct ctl *ctl, struct err *err)
{
	struct report r = { .ctl = ctl };
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i](&r) < 0)
			break;
	if (ctl->json)
		printf("]\n");
	pg_close(&r.worker);
	if (r.wrong == 0)
		return 0;
	return err_set(err, ERR_CONFIG, "%zu of %zu tests failed", r.wrong,
	    r.tests);
}
