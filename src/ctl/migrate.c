/* SPDX-License-Identifier: ISC */
/*
 * creelctl migrate: migrates the schema to this program's version.  Each
 * migration is a transaction that takes the same lock first; one that another
 * process ran meanwhile fails on its row in schema_version and is skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsn_write.h"
#include "ctl/ctl.h"
#include "db/sql.h"

static int migrate(struct ctl *, struct err *);

const struct command migrate_commands[] = {
	{ "migrate", NULL, NULL, COMMAND_ANY_SCHEMA, migrate, NULL,
	    "Create the schema, or migrate it to this version." },
	COMMANDS_END
};

static const char lock[] =
    "SELECT pg_advisory_xact_lock(hashtext('creel.migrate'));\n";

static const char begin[] =
    "CREATE SCHEMA IF NOT EXISTS creel;\n"
    "CREATE TABLE IF NOT EXISTS creel.schema_version (\n"
    "	version int PRIMARY KEY,\n"
    "	name text NOT NULL,\n"
    "	applied_at timestamptz NOT NULL DEFAULT now());\n"
    "DO $$\n"
    "DECLARE\n"
    "	role constant text := current_setting('creel.worker_role');\n"
    "BEGIN\n"
    "	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN\n"
    "		EXECUTE format('CREATE ROLE %I LOGIN', role);\n"
    "	END IF;\n"
    "END\n"
    "$$;\n";

struct state {
	int version;		/* of the schema; 0: it does not exist */
	bool role;		/* the workers' role exists */
	bool may_create_role;
};

/* Appends s as an SQL string constant. */
static void
quote(struct buf *buf, const char *s)
{
	buf_addch(buf, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_addch(buf, '\'');
		buf_addch(buf, *s);
	}
	buf_addch(buf, '\'');
}

static int
version_read(struct ctl *ctl, int *out, struct err *err)
{
	struct pg_result *res = NULL;

	if (pg_run(ctl->db, SQL_SCHEMA_VERSION, NULL, &res, err) < 0)
		return -1;
	*out = atoi(pg_text(res, 0, 0));
	pg_result_free(&res);
	return 0;
}

static int
state_read(struct ctl *ctl, struct state *out, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(ctl->conf->worker_role) };
	struct pg_result *res = NULL;
	bool exists;

	if (pg_run(ctl->db, SQL_CTL_STATE, values, &res, err) < 0)
		return -1;
	exists = strcmp(pg_text(res, 0, 0), "true") == 0;
	out->role = strcmp(pg_text(res, 0, 1), "true") == 0;
	out->may_create_role = strcmp(pg_text(res, 0, 2), "true") == 0;
	out->version = 0;
	pg_result_free(&res);
	return exists ? version_read(ctl, &out->version, err) : 0;
}

static int
state_check(const struct ctl *ctl, const struct state *state, struct err *err)
{
	const char *role = ctl->conf->worker_role;

	if (state->version > sql_schema_version())
		return sql_schema_check(state->version, err);
	if (role[0] == '\0')
		return err_set(err, ERR_CONFIG,
		    "worker_role: must not be empty");
	if (!state->role && !state->may_create_role)
		return err_set(err, ERR_CONFIG, "role \"%s\" does not exist "
		    "and the owner may not create it: as a superuser run "
		    "CREATE ROLE \"%s\" LOGIN, or grant CREATEROLE", role,
		    role);
	return 0;
}

/* Runs text in a transaction with the lock and with creel.worker_role set. */
static int
locked_run(struct ctl *ctl, const char *text, struct err *err)
{
	struct buf sql;
	int rc;

	buf_init(&sql);
	buf_addstr(&sql, lock);
	buf_addstr(&sql, "SELECT set_config('creel.worker_role', ");
	quote(&sql, ctl->conf->worker_role);
	buf_addstr(&sql, ", true);\n");
	buf_addstr(&sql, text);
	rc = pg_script(ctl->db, sql.data, err);
	buf_release(&sql);
	return rc;
}

/* Returns 1 if it ran, 0 if another process ran it meanwhile. */
static int
migration_apply(struct ctl *ctl, const struct sql_migration *m,
    struct err *err)
{
	struct buf sql;
	int rc, version;

	buf_init(&sql);
	buf_printf(&sql, "INSERT INTO creel.schema_version (version, name) "
	    "VALUES (%d, ", m->version);
	quote(&sql, m->name);
	buf_addstr(&sql, ");\n");
	buf_addstr(&sql, m->text);
	rc = locked_run(ctl, sql.data, err);
	buf_release(&sql);
	if (rc == 0)
		return 1;
	if (err->code == ERR_CONFLICT && version_read(ctl, &version,
	    &(struct err){ .code = ERR_NONE }) == 0 && version >= m->version)
		return 0;
	return err_prefix(err, "migration %s", m->name);
}

static void
applied_print(const struct ctl *ctl, const struct state *was,
    const char *names)
{
	struct buf json;

	if (ctl->json) {
		buf_init(&json);
		jsn_write_object(&json, NULL);
		jsn_write_integer(&json, "version", sql_schema_version());
		jsn_write_array(&json, "applied");
		buf_addstr(&json, names);
		jsn_write_end(&json, ']');
		jsn_write_bool(&json, "roleMade", !was->role);
		output_json(&json);
		return;
	}
	if (!was->role)
		printf("created role %s\n", ctl->conf->worker_role);
	printf("the schema is %s version %d\n",
	    names[0] == '\0' ? "up to date:" : "now", sql_schema_version());
}

static int
migrate(struct ctl *ctl, struct err *err)
{
	const struct sql_migration *m = sql_migrations;
	struct state state;
	struct buf names;
	int rc;

	buf_init(&names);
	if ((rc = state_read(ctl, &state, err)) < 0 ||
	    (rc = state_check(ctl, &state, err)) < 0 ||
	    (rc = locked_run(ctl, begin, err)) < 0)
		goto out;
	for (; m->version != 0; m++) {
		if (m->version <= state.version)
			continue;
		if ((rc = migration_apply(ctl, m, err)) < 0)
			goto out;
		if (rc == 0)
			continue;
		if (!ctl->json)
			printf("applied %s\n", m->name);
		jsn_write_string(&names, NULL, m->name);
	}
	if ((rc = locked_run(ctl, sql_grants, err)) < 0)
		err_prefix(err, "grants");
	else
		applied_print(ctl, &state, names.data);
out:
	buf_release(&names);
	return rc;
}
