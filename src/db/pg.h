/* SPDX-License-Identifier: ISC */
/*
 * PostgreSQL: the only user of libpq.  A struct pg is one connection and
 * belongs to one thread at a time.  It connects when it is first used and
 * again when it was lost.  A statement with all its tries takes its timeout at
 * most, half a second's grace, and what libpq's connect_timeout adds (2 s a
 * host unless the connection string says otherwise).
 */
#ifndef CREEL_DB_PG_H
#define CREEL_DB_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/fail.h"
#include "db/sql.h"

struct pg;
struct pg_result;

/* A parameter; data NULL is SQL's NULL.  Text is terminated. */
struct pg_value {
	const char *data;
	size_t len;
	bool binary;
};

#define PG_TEXT(s)	{ (s), 0, false }
#define PG_BYTES(p, n)	{ (p), (n), true }
#define PG_NULL		{ NULL, 0, false }

struct pg_options {
	const char *conninfo;	/* borrowed: outlives the connection */
	bool prepared;		/* named statements (not behind PgBouncer) */
	bool own_session;	/* nobody else's, so it may be set up */
	int64_t timeout;	/* milliseconds for a statement, 0: none */
	bool any_schema;	/* do not insist on our schema version */
	bool listens;		/* pg_run() tries once: a new connection would
				 * not listen */
};

/* As the configuration has it; the owner's statements take their time. */
struct pg_options pg_options_worker(const struct conf *);
struct pg_options pg_options_owner(const struct conf *);
struct pg_options pg_options_listener(const struct conf *);

/* Does not connect yet.  Freed with pg_close(), which may be given NULL. */
struct pg *pg_open(const struct pg_options *);
void pg_close(struct pg **);

/* Connects if it is not; checks that the schema is the one this program
 * knows.  ERR_UNAVAILABLE; ERR_CONFIG for the wrong schema. */
int pg_connect(struct pg *, struct err *);

/*
 * Runs a statement with as many values as it has parameters.  On success *out,
 * if wanted, is the caller's to pg_result_free().  A lost connection is made
 * anew and the statement, or what it names for that, tried once more: every
 * statement must bear that.
 * -1 with:
 *   ERR_UNAVAILABLE  nothing was done (no connection, refused, disk full)
 *   ERR_UNCERTAIN    it may or may not have been done (time ran out, or the
 *                    connection was lost twice)
 *   ERR_CONFLICT     a unique or foreign key forbids it (class 23)
 *   ERR_BAD_REQUEST  PostgreSQL does not take the data (class 22)
 *   ERR_CONFIG       the schema or the rights are not as they should be
 *   ERR_INTERNAL     anything else: our mistake
 */
int pg_run(struct pg *, enum sql_id, const struct pg_value *,
    struct pg_result **out, struct err *);

/* Runs statements without parameters, as one: for migrations.  Not tried
 * again.  Errors as pg_run(). */
int pg_script(struct pg *, const char *sql, struct err *);

/*
 * Connects if it is not, and asks for the notifications of a channel (an SQL
 * name); asked again it shows whether the connection still lives.  Once it was
 * lost, notifications were too.
 */
int pg_listen(struct pg *, const char *channel, struct err *);
/* Waits for a notification until timeout milliseconds are over or there is
 * something to read from wake (-1: none).  *payload is then the caller's to
 * free(3), or NULL if none came.  -1 when the connection is lost. */
int pg_notification(struct pg *, int wake, int64_t timeout, char **payload,
    struct err *);

size_t pg_rows(const struct pg_result *);
size_t pg_columns(const struct pg_result *);
/* The terminated text of a column; NULL for SQL's NULL.  Borrowed from the
 * result. */
const char *pg_text(const struct pg_result *, size_t row, size_t column);
const char *pg_bytes(const struct pg_result *, size_t row, size_t column,
    size_t *len);
/* The same for the column of this name in the first row; NULL also without a
 * row or such a column. */
const char *pg_column(const struct pg_result *, const char *name);
void pg_result_free(struct pg_result **);

/* conninfo with its password hidden; free(3) it. */
char *pg_conninfo_mask(const char *conninfo);
/* -1 with ERR_CONFIG if libpq cannot read it. */
int pg_conninfo_check(const char *conninfo, struct err *);

#endif
