/* SPDX-License-Identifier: ISC */
/* Rows: reads from the route tables what the web servers must know. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "creel/rows.h"

void
words_add(struct words *words, const char *word)
{
	size_t i = 0;

	while (i < words->n && strcmp(words->at[i], word) < 0)
		i++;
	if (i < words->n && strcmp(words->at[i], word) == 0)
		return;
	if (words->n == WORDS_MAX)
		abort();
	memmove(&words->at[i + 1], &words->at[i],
	    (words->n - i) * sizeof(words->at[0]));
	words->at[i] = word;
	words->n++;
}

bool
words_have(const struct words *words, const char *word)
{
	size_t i = 0;

	while (i < words->n && strcasecmp(words->at[i], word) != 0)
		i++;
	return i < words->n;
}

void
rows_walk(const struct route *const *tables, row_fn *fn, struct arena *arena,
    struct words *out)
{
	const struct route *const *table, *row;

	out->tables = tables;
	out->arena = arena;
	out->n = 0;
	for (table = tables; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (row->auth != AUTH_ADDRESS)
				fn(row, out);
}

static const char *
first_segment(const struct route *row, struct arena *arena)
{
	return arena_copy(arena, row->pattern + 1,
	    strcspn(row->pattern + 1, "/"));
}

void
row_segment(const struct route *row, struct words *out)
{
	if (strchr(row->pattern + 1, '/') != NULL)
		row_door(row, out);
}

void
row_single(const struct route *row, struct words *out)
{
	if (strchr(row->pattern + 1, '/') == NULL)
		row_door(row, out);
}

void
row_door(const struct route *row, struct words *out)
{
	words_add(out, first_segment(row, out->arena));
}

void
row_secret_path(const struct route *row, struct words *out)
{
	if (row->auth == AUTH_PATH)
		words_add(out, arena_copy(out->arena, row->pattern + 1,
		    (size_t)(strstr(row->pattern, "/:") - row->pattern - 1)));
}

void
row_open_path(const struct route *row, struct words *out)
{
	struct words secret;
	size_t i;

	if (row->auth == AUTH_PATH)
		return;
	rows_walk(out->tables, row_secret_path, out->arena, &secret);
	for (i = 0; i < secret.n; i++)
		if (strstr(row->pattern, arena_printf(out->arena, "/%s/:",
		    secret.at[i])) != NULL)
			row_door(row, out);
}

void
row_secret_name(const struct route *row, struct words *out)
{
	const char *const *secret = row->dialect->secrets;
	const char *name;
	size_t i;

	for (; secret != NULL && *secret != NULL; secret++)
		words_add(out, *secret);
	for (i = 0; (name = auth_parameter(row->auth, i)) != NULL; i++)
		words_add(out, name);
}

static void
fault_add(const struct route *row, const char *problem, struct words *out)
{
	words_add(out, arena_printf(out->arena, "%s %s: %s", row->method,
	    row->pattern, problem));
}

/* Implements row_fn. */
static void
row_malformed(const struct route *row, struct words *out)
{
	/* These need no escape in configurations and names of files. */
	size_t n = strspn(row->pattern + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (n == 0 || n != strcspn(row->pattern + 1, "/"))
		fault_add(row, "the first segment must consist of letters, "
		    "digits and ._-", out);
	else if (row->auth == AUTH_PATH && strstr(row->pattern, "/:") == NULL)
		fault_add(row, "AUTH_PATH requires a :name", out);
}

/* Implements row_fn: credentials in paths that access logs do not mask. */
static void
row_exposed(const struct route *row, struct words *out)
{
	struct words open;

	if (row->auth != AUTH_PATH)
		return;
	rows_walk(out->tables, row_open_path, out->arena, &open);
	/* Masks ignore case too. */
	if (words_have(&open, first_segment(row, out->arena)))
		fault_add(row, "access logs would not mask the credential: the "
		    "first segment has paths with an ID at such a place", out);
}

const char *
rows_fault(const struct route *const *tables, struct arena *arena)
{
	struct words faults;

	rows_walk(tables, row_malformed, arena, &faults);
	if (faults.n == 0)
		rows_walk(tables, row_exposed, arena, &faults);
	return faults.n == 0 ? NULL : faults.at[0];
}
