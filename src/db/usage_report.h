/* SPDX-License-Identifier: ISC */
/* Reports what this process counted to the database, gets what all processes
 * counted, and loads quotas. */
#ifndef CREEL_DB_USAGE_REPORT_H
#define CREEL_DB_USAGE_REPORT_H

#include "db/pg.h"
#include "db/usage.h"

/*
 * Loads the quotas that have changed, and reports if a second has passed since
 * the last report, or end is set.  Called by one thread, several times a
 * second; failures are logged, and the next call tries again.
 */
void usage_step(struct usage *, struct pg *, bool end);

#endif
