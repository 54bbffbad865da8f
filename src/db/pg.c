/* SPDX-License-Identifier: ISC */
/* Connections to PostgreSQL: runs statements, retries and classifies errors. */
#include <libpq-fe.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "db/pg.h"

#define CONNECT_TIMEOUT "2"	/* seconds per host: libpq's minimum */
#define CONNECT_PAUSE 500	/* milliseconds of rest after a failure */
#define DEADLINE_GRACE 500	/* lets the server's own timeout come first */

struct pg {
	struct pg_options options;
	PGconn *conn;			/* NULL: not connected */
	int64_t deadline;		/* of the running statement; 0: none */
	int64_t rest_until;		/* no new attempt before */
	bool met;			/* it was connected before */
	bool prepared[SQL__COUNT];	/* on this connection */
};

/* The public name of PGresult, which other files do not see. */
struct pg_result;

/* TRY_AGAIN: on the same connection. */
enum remedy { GIVE_UP, TRY_AGAIN, RECONNECT };

/* The error code and the remedy for an SQLSTATE or its class; the first match
 * counts. */
static const struct {
	const char *state;
	enum err_code code;
	enum remedy remedy;
} states[] = {
	{ "08", ERR_UNCERTAIN, RECONNECT },	/* a pooler lost the server */
	{ "0A000", ERR_INTERNAL, RECONNECT },	/* a stale plan */
	{ "22", ERR_BAD_REQUEST, GIVE_UP },
	/* An insert that waited while its partition was attached. */
	{ "23514", ERR_INTERNAL, TRY_AGAIN },
	{ "23", ERR_CONFLICT, GIVE_UP },
	{ "2BP01", ERR_CONFLICT, GIVE_UP },	/* other objects depend on it */
	{ "25006", ERR_UNAVAILABLE, RECONNECT },	/* a former primary */
	{ "26000", ERR_INTERNAL, RECONNECT },	/* not prepared */
	{ "3F000", ERR_CONFIG, GIVE_UP },	/* no such schema, table, */
	{ "42P01", ERR_CONFIG, GIVE_UP },
	{ "42501", ERR_CONFIG, GIVE_UP },	/* or no right to it */
	{ "40", ERR_UNAVAILABLE, TRY_AGAIN },
	{ "53", ERR_UNAVAILABLE, GIVE_UP },
	{ "55P03", ERR_UNAVAILABLE, GIVE_UP },
	{ "CR403", ERR_QUOTA, GIVE_UP },	/* by creel.quota_check() */
	{ "57014", ERR_UNAVAILABLE, GIVE_UP },	/* timed out: rolled back */
	{ "57P", ERR_UNAVAILABLE, RECONNECT },
	{ "58", ERR_UNAVAILABLE, GIVE_UP },
	{ "", ERR_INTERNAL, GIVE_UP }
};

static void
count_error(enum err_code code)
{
	static const char *const kinds[ERR__COUNT] = {
		[ERR_UNAVAILABLE] = "unavailable",
		[ERR_UNCERTAIN] = "uncertain",
		[ERR_CONFLICT] = "conflict",
		[ERR_QUOTA] = "quota",
		[ERR_BAD_REQUEST] = "data",
		[ERR_CONFIG] = "config"
	};

	metrics_count(METRIC_DATABASE_ERRORS, kinds[code], NULL);
}

static void
notice(void *ctx, const char *text)
{
	(void)ctx;
	log_debug("postgresql: %.*s", (int)strcspn(text, "\n"), text);
}

/* Joins the lines of a message from libpq, some of which begin with a tab. */
static const char *
one_line(char *text)
{
	char *nl;
	size_t n;

	for (nl = text; (nl = strchr(nl, '\n')) != NULL; ) {
		n = strspn(nl, "\n\t");
		*nl = nl[n] == '\0' ? '\0' : ' ';
		memmove(nl + 1, nl + n, strlen(nl + n) + 1);
	}
	return text;
}

struct pg_options
pg_options_worker(const struct conf *conf)
{
	return (struct pg_options){
		.conninfo = conf->database,
		.prepared = conf->prepared_statements,
		.own_session = conf->prepared_statements,
		.timeout = conf->database_timeout
	};
}

struct pg_options
pg_options_owner(const struct conf *conf)
{
	return (struct pg_options){
		.conninfo = conf->admin_database[0] != '\0' ?
		    conf->admin_database : conf->database,
		.prepared = conf->prepared_statements,
		.own_session = conf->prepared_statements
	};
}

struct pg_options
pg_options_listener(const struct conf *conf)
{
	bool apart = conf->listen_database[0] != '\0';

	return (struct pg_options){
		.conninfo = apart ? conf->listen_database : conf->database,
		.own_session = apart || conf->prepared_statements,
		.timeout = conf->database_timeout,
		.any_schema = true,
		.listens = true
	};
}

struct pg *
pg_open(const struct pg_options *options)
{
	struct pg *pg = mem_alloc(sizeof(*pg));

	pg->options = *options;
	return pg;
}

static void
disconnect(struct pg *pg)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	memset(pg->prepared, 0, sizeof(pg->prepared));
}

void
pg_close(struct pg **pg)
{
	if (*pg == NULL)
		return;
	disconnect(*pg);
	free(*pg);
	*pg = NULL;
}

/* Waits until the socket is ready; returns -1 if the deadline passed. */
static int
wait_socket(struct pg *pg, short events)
{
	struct pollfd pfd = { .fd = PQsocket(pg->conn), .events = events };
	int64_t left = -1;
	int n;

	do {
		if (pg->deadline != 0 &&
		    (left = pg->deadline - clock_ms()) <= 0)
			return -1;
		n = poll(&pfd, 1, (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : -1;
}

/* Sends queued data and reads meanwhile, so that neither side blocks. */
static int
flush(struct pg *pg)
{
	int rc;

	while ((rc = PQflush(pg->conn)) == 1) {
		if (wait_socket(pg, POLLIN | POLLOUT) < 0 ||
		    PQconsumeInput(pg->conn) == 0)
			return -1;
	}
	return rc;
}

static bool
succeeded(const PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* Returns the next result; NULL at the end of a query or a pipeline, or with
 * *late if the deadline passed or the connection broke. */
static PGresult *
next_result(struct pg *pg, bool *late)
{
	PGresult *res;

	do {
		while (PQisBusy(pg->conn) && !*late)
			*late = wait_socket(pg, POLLIN) < 0 ||
			    PQconsumeInput(pg->conn) == 0;
		if (*late)
			return NULL;
		res = PQgetResult(pg->conn);
		/* In a pipeline, NULL is only the end of one statement. */
	} while (res == NULL && PQstatus(pg->conn) == CONNECTION_OK &&
	    PQpipelineStatus(pg->conn) != PQ_PIPELINE_OFF);
	if (res != NULL && PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
		PQclear(res);
		return NULL;
	}
	return res;
}

/*
 * Returns the outcome of a query or a pipeline: the first failure (the only
 * result that has a terminated session's SQLSTATE), else the last result; NULL
 * if the deadline passed or the connection broke.  The server commits after
 * sending the results and before reporting ready: only then is it a success.
 */
static PGresult *
collect(struct pg *pg)
{
	PGresult *kept = NULL, *next;
	bool late = flush(pg) < 0;

	while (!late && (next = next_result(pg, &late)) != NULL) {
		if (kept == NULL || succeeded(kept)) {
			PQclear(kept);
			kept = next;
		} else {
			PQclear(next);
		}
	}
	if (kept != NULL && succeeded(kept) && (late ||
	    PQstatus(pg->conn) != CONNECTION_OK)) {
		PQclear(kept);
		kept = NULL;
	}
	PQexitPipelineMode(pg->conn);
	return kept;
}

/* Turns a failed result into an err and returns the remedy. */
static enum remedy
diagnose(struct pg *pg, PGresult *res, struct err *err)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE), *text;
	size_t i;

	if (state == NULL) {
		err_set(err, ERR_UNCERTAIN, "database: %s",
		    PQstatus(pg->conn) == CONNECTION_BAD ?
		    one_line(PQerrorMessage(pg->conn)) : "no response in time");
		return RECONNECT;
	}
	for (i = 0; strncmp(states[i].state, state,
	    strlen(states[i].state)) != 0; i++)
		continue;
	text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	err_set(err, states[i].code, "database: %s (%s)",
	    text == NULL ? "no text" : text, state);
	if (err->code == ERR_QUOTA)		/* for the client */
		err_set(err, ERR_QUOTA, "%s", text);
	return PQstatus(pg->conn) == CONNECTION_BAD ? RECONNECT :
	    states[i].remedy;
}

static int64_t
deadline_from(const struct pg *pg)
{
	return pg->options.timeout == 0 ? 0 :
	    clock_ms() + pg->options.timeout + DEADLINE_GRACE;
}

/* Waits for the result of a query if it was sent; out may be NULL. */
static int
finish(struct pg *pg, int sent, PGresult **out, enum remedy *remedy,
    struct err *err)
{
	PGresult *res;

	if (!sent) {
		err_set(err, ERR_UNAVAILABLE, "database: %s",
		    one_line(PQerrorMessage(pg->conn)));
		count_error(err->code);
		*remedy = RECONNECT;
		return -1;
	}
	res = collect(pg);
	if (res != NULL && succeeded(res)) {
		if (out != NULL)
			*out = res;
		else
			PQclear(res);
		return 0;
	}
	*remedy = diagnose(pg, res, err);
	count_error(err->code);
	PQclear(res);
	return -1;
}

static int
prepare(struct pg *pg, enum sql_id id, enum remedy *remedy, struct err *err)
{
	const struct sql_statement *s = &sql_statements[id];

	if (pg->prepared[id])
		return 0;
	if (finish(pg, PQsendPrepare(pg->conn, s->name, s->text, 0, NULL),
	    NULL, remedy, err) < 0)
		return -1;
	pg->prepared[id] = true;
	return 0;
}

/* Sends a statement, which was prepared if statements are. */
static int
send_statement(struct pg *pg, enum sql_id id, const struct pg_value *values)
{
	const struct sql_statement *s = &sql_statements[id];
	const char *data[SQL_PARAMS_MAX] = { NULL };
	int lengths[SQL_PARAMS_MAX] = { 0 }, formats[SQL_PARAMS_MAX] = { 0 };
	int i;

	for (i = 0; i < s->params; i++) {
		data[i] = values[i].data;
		lengths[i] = (int)values[i].len;
		formats[i] = values[i].binary;
	}
	return pg->options.prepared ? PQsendQueryPrepared(pg->conn, s->name,
	    s->params, data, lengths, formats, 1) :
	    PQsendQueryParams(pg->conn, s->text, s->params, NULL, data,
	    lengths, formats, 1);
}

/* Sends a tenant's statement behind the one that sets creel.application: one
 * transaction and one round trip, also through a pooler. */
static int
send_fenced(struct pg *pg, enum sql_id id, const struct pg_value *values)
{
	return PQenterPipelineMode(pg->conn) == 1 && send_statement(pg,
	    SQL_FENCE, &values[sql_statements[id].tenant - 1]) == 1 &&
	    send_statement(pg, id, values) == 1 &&
	    PQpipelineSync(pg->conn) == 1;
}

static int
execute(struct pg *pg, enum sql_id id, const struct pg_value *values,
    PGresult **out, enum remedy *remedy, struct err *err)
{
	bool fenced = sql_statements[id].tenant > 0;

	if (pg->options.prepared && ((fenced &&
	    prepare(pg, SQL_FENCE, remedy, err) < 0) ||
	    prepare(pg, id, remedy, err) < 0))
		return -1;
	return finish(pg, fenced ? send_fenced(pg, id, values) :
	    send_statement(pg, id, values), out, remedy, err);
}

/* With its own timeout PostgreSQL reports that a statement was rolled back.
 * JIT is off because a statement over many partitions looks expensive enough to
 * be compiled, which takes longer than running it.  creel.horizon() needs the
 * isolation.  A session behind PgBouncer stays as it is: others use it next. */
static int
set_session(struct pg *pg, struct err *err)
{
	enum remedy remedy;
	char sql[128];

	if (!pg->options.own_session)
		return 0;
	snprintf(sql, sizeof(sql), "SET statement_timeout = %lld; SET jit = "
	    "off; SET default_transaction_isolation = 'read committed'",
	    (long long)pg->options.timeout);
	return finish(pg, PQsendQuery(pg->conn, sql), NULL, &remedy, err);
}

static int
check_schema(struct pg *pg, struct err *err)
{
	int version;
	enum remedy remedy;
	PGresult *res;

	if (pg->options.any_schema)
		return 0;
	if (execute(pg, SQL_SCHEMA_VERSION, NULL, &res, &remedy, err) < 0)
		return err_prefix(err, "cannot read the schema version (run "
		    "creelctl migrate, then creelctl check)");
	version = atoi(PQgetvalue(res, 0, 0));
	PQclear(res);
	return sql_schema_check(version, err);
}

int
pg_connect(struct pg *pg, struct err *err)
{
	const char *const keywords[] = { "connect_timeout",
	    "fallback_application_name", "dbname", "client_encoding", NULL };
	const char *const values[] = { CONNECT_TIMEOUT,
	    pg->options.listens ? "creel listener" : "creel",
	    pg->options.conninfo, "UTF8", NULL };

	if (pg->conn != NULL)
		return 0;
	if (clock_ms() < pg->rest_until)
		return err_set(err, ERR_UNAVAILABLE,
		    "database: unreachable, waiting to reconnect");
	pg->conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		err_set(err, ERR_UNAVAILABLE, "database: %s",
		    one_line(PQerrorMessage(pg->conn)));
		count_error(err->code);
		goto fail;
	}
	PQsetNoticeProcessor(pg->conn, notice, NULL);
	pg->deadline = deadline_from(pg);
	if (PQsetnonblocking(pg->conn, 1) == 0 && set_session(pg, err) == 0 &&
	    check_schema(pg, err) == 0) {
		if (pg->met)
			metrics_count(METRIC_RECONNECTS, NULL, NULL);
		pg->met = true;
		return 0;
	}
fail:
	/* No statement was run yet, so nothing is uncertain. */
	if (err->code == ERR_UNCERTAIN)
		err->code = ERR_UNAVAILABLE;
	disconnect(pg);
	pg->rest_until = clock_ms() + CONNECT_PAUSE;
	return -1;
}

int
pg_run(struct pg *pg, enum sql_id id, const struct pg_value *values,
    struct pg_result **out, struct err *err)
{
	enum remedy remedy = TRY_AGAIN;
	bool uncertain = false;
	PGresult *res = NULL;
	int64_t deadline = 0;
	int tries, most = pg->options.listens ? 1 : 2;

	for (tries = 0; tries < most && remedy != GIVE_UP; tries++) {
		if (pg_connect(pg, err) < 0)
			break;
		if (tries == 0)
			deadline = deadline_from(pg);
		pg->deadline = deadline;
		if (execute(pg, tries == 0 ? id : sql_statements[id].again,
		    values, &res, &remedy, err) == 0) {
			if (out != NULL)
				*out = (struct pg_result *)res;
			else
				PQclear(res);
			return 0;
		}
		uncertain |= err->code == ERR_UNCERTAIN;
		if (remedy == RECONNECT)
			disconnect(pg);
	}
	/* The second try failed, but the first one may have succeeded. */
	if (uncertain)
		err->code = ERR_UNCERTAIN;
	return -1;
}

int
pg_script(struct pg *pg, const char *sql, struct err *err)
{
	enum remedy remedy = GIVE_UP;

	if (pg_connect(pg, err) < 0)
		return -1;
	pg->deadline = deadline_from(pg);
	if (finish(pg, PQsendQuery(pg->conn, sql), NULL, &remedy, err) == 0)
		return 0;
	if (remedy == RECONNECT)
		disconnect(pg);
	return -1;
}

int
pg_listen(struct pg *pg, const char *channel, struct err *err)
{
	enum remedy remedy;
	char sql[64];

	if (pg_connect(pg, err) < 0)
		return -1;
	pg->deadline = deadline_from(pg);
	snprintf(sql, sizeof(sql), "LISTEN %s", channel);
	if (finish(pg, PQsendQuery(pg->conn, sql), NULL, &remedy, err) == 0)
		return 0;
	disconnect(pg);
	return -1;
}

int
pg_notification(struct pg *pg, int wake, int64_t timeout, char **payload,
    struct err *err)
{
	struct pollfd fds[] = { { .fd = -1, .events = POLLIN },
	    { .fd = wake, .events = POLLIN } };
	PGnotify *n;

	*payload = NULL;
	if (pg->conn == NULL)
		return err_set(err, ERR_UNAVAILABLE,
		    "database: not connected");
	/* Notifications that came with a result have been read already. */
	if ((n = PQnotifies(pg->conn)) == NULL) {
		fds[0].fd = PQsocket(pg->conn);
		if (poll(fds, 2, (int)timeout) > 0 && fds[0].revents != 0 &&
		    PQconsumeInput(pg->conn) == 0) {
			err_set(err, ERR_UNAVAILABLE, "database: %s",
			    one_line(PQerrorMessage(pg->conn)));
			disconnect(pg);
			return -1;
		}
		n = PQnotifies(pg->conn);
	}
	if (n != NULL)
		*payload = mem_strdup(n->extra);
	PQfreemem(n);
	return 0;
}

size_t
pg_rows(const struct pg_result *res)
{
	return (size_t)PQntuples((const PGresult *)res);
}

size_t
pg_columns(const struct pg_result *res)
{
	return (size_t)PQnfields((const PGresult *)res);
}

const char *
pg_text(const struct pg_result *res, size_t row, size_t column)
{
	size_t len;

	return pg_bytes(res, row, column, &len);
}

const char *
pg_bytes(const struct pg_result *result, size_t row, size_t column,
    size_t *len)
{
	const PGresult *res = (const PGresult *)result;

	if (PQgetisnull(res, (int)row, (int)column))
		return NULL;
	*len = (size_t)PQgetlength(res, (int)row, (int)column);
	return PQgetvalue(res, (int)row, (int)column);
}

const char *
pg_column(const struct pg_result *res, const char *name)
{
	int column = PQfnumber((const PGresult *)res, name);

	return column < 0 || pg_rows(res) == 0 ? NULL :
	    pg_text(res, 0, (size_t)column);
}

void
pg_result_free(struct pg_result **res)
{
	PQclear((PGresult *)*res);
	*res = NULL;
}
