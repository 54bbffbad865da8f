/* SPDX-License-Identifier: ISC */
/*
 * PostgreSQL: the only user of libpq.  A struct pg is one connection and
 * belongs to one thread at a time.  It connects on first use and reconnects
 * when the connection was lost.  A statement with all its tries takes at most
 * its timeout, half a second more, and libpq's connect_timeout (2 s per host
 * unless the connection string sets it).
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
	bool own_session;	/* not shared, so it may be configured */
	int64_t timeout;	/* milliseconds for a statement, 0: none */
	bool any_schema;	/* does not check the schema version */
	bool listens;		/* pg_run() tries once: a new connection would
				 * not listen */
};

/* From the configuration; the owner's statements have no timeout. */
struct pg_options pg_options_worker(const struct conf *);
struct pg_options pg_options_owner(const struct conf *);
struct pg_options pg_options_listener(const struct conf *);

/* Does not connect yet.  The caller frees it with pg_close(), which accepts a
 * pointer to NULL. */
struct pg *pg_open(const struct pg_options *);
void pg_close(struct pg **);

/* Connects if necessary and checks the schema version.  Returns -1 with
 * ERR_UNAVAILABLE, or ERR_CONFIG for the wrong schema. */
int pg_connect(struct pg *, struct err *);

/*
 * Runs a statement with as many values as it has parameters.  On success the
 * caller frees *out, unless out is NULL, with pg_result_free().  After a lost
 * connection it reconnects and tries the statement, or the one that it names
 * for that ("-- again"), a second time: every statement must allow that.
 * Returns -1 with:
 *   ERR_UNAVAILABLE  nothing was done (no connection, rejected, disk full)
 *   ERR_UNCERTAIN    it may or may not have been done (time ran out, or the
 *                    connection was lost twice)
 *   ERR_CONFLICT     a unique or foreign key forbids it (class 23)
 *   ERR_QUOTA        a quota forbids it
 *   ERR_BAD_REQUEST  PostgreSQL rejects the data (class 22)
 *   ERR_CONFIG       the schema or the privileges are wrong
 *   ERR_INTERNAL     any other error: a bug
 */
int pg_run(struct pg *, enum sql_id, const struct pg_value *,
    struct pg_result **out, struct err *);

/* Runs statements without parameters, as one: for migrations.  Does not try
 * again.  Errors as pg_run(). */
int pg_script(struct pg *, const char *sql, struct err *);

/*
 * Connects if necessary and listens on a channel (an SQL name).  Further calls
 * check that the connection still works.  Notifications are lost with the
 * connection.  Errors as pg_run().
 */
int pg_listen(struct pg *, const char *channel, struct err *);
/* Waits for a notification until timeout milliseconds are over or wake (-1:
 * none) is readable.  The caller frees *payload, which is NULL if there was no
 * notification, with free(3).  Returns -1 with ERR_UNAVAILABLE if the
 * connection is lost. */
int pg_notification(struct pg *, int wake, int64_t timeout, char **payload,
    struct err *);

size_t pg_rows(const struct pg_result *);
size_t pg_columns(const struct pg_result *);
/* Returns the terminated text of a column; NULL for SQL's NULL.  Borrowed from
 * the result. */
const char *pg_text(const struct pg_result *, size_t row, size_t column);
const char *pg_bytes(const struct pg_result *, size_t row, size_t column,
    size_t *len);
/* The same for the column of this name in the first row; NULL also without a
 * row or such a column. */
const char *pg_column(const struct pg_result *, const char *name);
void pg_result_free(struct pg_result **);

#endif
