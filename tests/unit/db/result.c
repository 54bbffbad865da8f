/* SPDX-License-Identifier: ISC */
/* Query results without libpq, for tests that stand in for the database. */
#include <stdlib.h>

#include "../unit.h"
#include "base/mem.h"
#include "result.h"

atomic_int results_open;

struct pg_result *
result_copy(const struct pg_result *from)
{
	struct pg_result *r = mem_alloc(sizeof(*r));
	size_t i;

	r->rows = from->rows;
	for (i = 0; i < RESULT_COLUMNS; i++)
		if (from->columns[i] != NULL)
			r->columns[i] = mem_strdup(from->columns[i]);
	atomic_fetch_add(&results_open, 1);
	return r;
}

size_t
pg_rows(const struct pg_result *r)
{
	return r->rows;
}

size_t
pg_columns(const struct pg_result *r)
{
	return LENGTH(r->columns);
}

const char *
pg_text(const struct pg_result *r, size_t row, size_t column)
{
	assert_true(row < r->rows && column < RESULT_COLUMNS);
	return r->columns[column];
}

void
pg_result_free(struct pg_result **r)
{
	size_t i;

	if (*r == NULL)
		return;
	for (i = 0; i < RESULT_COLUMNS; i++)
		free((void *)(uintptr_t)(*r)->columns[i]);
	free(*r);
	*r = NULL;
	atomic_fetch_sub(&results_open, 1);
}
