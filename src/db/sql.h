/* SPDX-License-Identifier: ISC */
/*
 * The statements of sql/query, embedded: NAME.sql is SQL_NAME.  After its
 * licence each file has a line "-- worker" or "-- owner" (the role that runs
 * it).  In a worker's file follows "-- tenant $N", the parameter that is the
 * application of which it reads and writes rows, or "-- gateway": it reaches
 * rows of tenants only through functions that run as the owner.  Then a line
 * "-- $N type meaning" for each parameter; columns are text or bytea.
 * "-- again NAME" names the statement, with the same parameters, that a second
 * try runs.
 */
#ifndef CREEL_DB_SQL_H
#define CREEL_DB_SQL_H

#include <stdbool.h>

#include "base/fail.h"

enum sql_id {
	SQL_NONE,		/* no statement */
#define SQL(name, again, worker, tenant, params, text) SQL_##name,
#define MIGRATION(version, name, text)
#define GRANTS(text)
#include "db/sql_data.inc"
#undef SQL
#undef MIGRATION
#undef GRANTS
	SQL__COUNT
};

#define SQL_PARAMS_MAX 24

struct sql_statement {
	const char *name;
	const char *text;
	enum sql_id again;	/* run by a second try: itself, or one that
				 * allows that the first try succeeded */
	int params;
	bool worker;		/* run by the workers' role */
	int tenant;		/* the parameter, from 1, that the setting
				 * creel.application gets; 0: none */
};

extern const struct sql_statement sql_statements[SQL__COUNT];

/* sql/schema/NNN_name.sql in order, ended by a row with version 0; and the
 * grants, which every migration ends with. */
struct sql_migration {
	int version;
	const char *name;
	const char *text;
};

extern const struct sql_migration sql_migrations[];
extern const char sql_grants[];

int sql_schema_version(void);	/* the newest migration */
/* Checks a schema version; returns -1 with ERR_CONFIG and the remedy. */
int sql_schema_check(int version, struct err *);

#endif
