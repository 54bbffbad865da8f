/* SPDX-License-Identifier: ISC */
/* Tests the rows of all routes: what their shared handlers need is set. */
#include <stddef.h>

#include "../unit.h"
#include "creel/routes.h"
#include "resource/collection.h"
#include "resource/credential_resource.h"
#include "resource/hook_resource.h"

#define NO_STATEMENT 0
#define STATEMENT(member) offsetof(struct collection, member)

/* The members of a collection that each shared handler reads. */
static const struct {
	route_fn *handler;
	size_t statement;	/* the statement that it runs, and */
	int params;		/* the parameters that it passes */
	bool kind, secret;
} needs[] = {
	{ collection_list, STATEMENT(list), 9, false, false },
	{ collection_get, STATEMENT(get), 3, false, false },
	{ collection_delete, STATEMENT(delete), 2, false, false },
	{ collection_rekey, STATEMENT(rekey), 5, false, true },
	{ hook_resource_list, NO_STATEMENT, 0, true, false },
	{ hook_resource_create, STATEMENT(create), 9, true, false },
	{ hook_resource_get, NO_STATEMENT, 0, true, false },
	{ hook_resource_patch, STATEMENT(patch), 8, true, false },
	{ hook_resource_delete, NO_STATEMENT, 0, true, false },
	{ credential_resource_list, NO_STATEMENT, 0, true, true },
	{ credential_resource_get, NO_STATEMENT, 0, true, true },
	{ credential_resource_delete, NO_STATEMENT, 0, true, true }
};

/* The fault of a row with this handler, or NULL. */
static const char *
row_fault(const struct route *row, size_t need)
{
	const struct collection *c = row->of;
	enum sql_id id;

	if (c == NULL || c->noun == NULL)
		return "no collection";
	if (needs[need].kind && c->kind == NULL)
		return "no kind";
	if (needs[need].secret && c->secret == NULL)
		return "no secret";
	if (needs[need].statement == NO_STATEMENT)
		return NULL;
	if (needs[need].handler == collection_rekey && c->scopes == NULL)
		return "no scopes";
	id = *(const enum sql_id *)(const void *)
	    ((const char *)c + needs[need].statement);
	if (id == SQL_NONE)
		return "no statement";
	return sql_statements[id].params <= needs[need].params ? NULL :
	    "a statement with more parameters than the handler passes";
}

static void
test_collections(void **state)
{
	const struct route *const *table, *row;
	const char *fault;
	size_t i, found = 0;

	(void)state;
	for (table = routes; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			for (i = 0; i < LENGTH(needs); i++) {
				if (row->handler != needs[i].handler)
					continue;
				found++;
				if ((fault = row_fault(row, i)) != NULL)
					fail_msg("%s %s: %s", row->method,
					    row->pattern, fault);
			}
	assert_true(found > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collections)
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
