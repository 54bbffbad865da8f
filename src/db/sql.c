/* SPDX-License-Identifier: ISC */
/* The embedded SQL: statements, migrations and grants. */
#include <stddef.h>

#include "db/sql.h"

#define SQL(name, again, worker, tenant, params, text)
#define MIGRATION(version, name, text)
#define GRANTS(text)

#undef SQL
#define SQL(name, again, worker, tenant, params, text) PARAMS_##name = (params),
enum {
#include "db/sql_data.inc"
	PARAMS__NONE
};

#undef SQL
#define SQL(name, again, worker, tenant, params, text) \
	_Static_assert((params) <= SQL_PARAMS_MAX, #name); \
	_Static_assert((params) == PARAMS_##again, #name);
#include "db/sql_data.inc"

#undef SQL
#define SQL(name, again, worker, tenant, params, text) \
	{ #name, text, SQL_##again, params, worker, tenant },
const struct sql_statement sql_statements[SQL__COUNT] = {
	{ NULL, NULL, SQL_NONE, 0, false, 0 },
#include "db/sql_data.inc"
};
#undef SQL
#define SQL(name, again, worker, tenant, params, text)

#undef MIGRATION
#define MIGRATION(version, name, text) { version, name, text },
const struct sql_migration sql_migrations[] = {
#include "db/sql_data.inc"
	{ 0, NULL, NULL }
};
#undef MIGRATION
#define MIGRATION(version, name, text)

#undef GRANTS
#define GRANTS(text) const char sql_grants[] = text;
#include "db/sql_data.inc"

int
sql_schema_version(void)
{
	const struct sql_migration *m = sql_migrations;
	int version = 0;

	for (; m->version != 0; m++)
		version = m->version;
	return version;
}

int
sql_schema_check(int version, struct err *err)
{
	int known = sql_schema_version();

	if (version == known)
		return 0;
	return err_set(err, ERR_CONFIG, "schema is at version %d, but this "
	    "program requires version %d: %s", version, known, version < known ?
	    "run creelctl migrate" : "install the newer program");
}
