/* SPDX-License-Identifier: ISC */
/* Connection strings of PostgreSQL (libpq, section 34.1.1). */
#ifndef CREEL_DB_PG_CONNINFO_H
#define CREEL_DB_PG_CONNINFO_H

#include "base/fail.h"

/* Returns conninfo with its password masked; the caller frees it with
 * free(3). */
char *pg_conninfo_mask(const char *conninfo);
/* Returns -1 with ERR_CONFIG if libpq cannot parse it. */
int pg_conninfo_check(const char *conninfo, struct err *);

#endif
