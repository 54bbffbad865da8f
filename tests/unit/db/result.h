/* SPDX-License-Identifier: ISC */
/* Query results without libpq, for tests that stand in for the database. */
#ifndef CREEL_TESTS_UNIT_RESULT_H
#define CREEL_TESTS_UNIT_RESULT_H

#include <stdatomic.h>
#include <stddef.h>

#include "db/pg.h"

#define RESULT_COLUMNS 9

/* Every row has the same texts. */
struct pg_result {
	size_t rows;
	const char *columns[RESULT_COLUMNS];
};

/* Results that pg_result_free() has not freed yet. */
extern atomic_int results_open;

/* Returns a copy that does not share its texts; pg_result_free() frees it. */
struct pg_result *result_copy(const struct pg_result *);

#endif
