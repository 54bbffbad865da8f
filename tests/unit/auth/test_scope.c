/* SPDX-License-Identifier: ISC */
/* Tests scopes: single ones, groups, wildcards, unknown names and lists. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "auth/scope.h"
#include "base/mem.h"

/* The table of scopes, as this test reads it. */
static const struct row {
	uint64_t bit;
	const char *name;
	bool reads;
} rows[] = {
#define SCOPE(name, text, flags) \
	{ SCOPE_##name, text, ((flags) & SCOPE_READS) != 0 },
#include "auth/scope.def"
#undef SCOPE
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *name;
	bool reads;
} groups[] = {
	{ "all.Application", false }, { "all.Application.bounded", false },
	{ "all.Application.read", true }, { "all.Organization", false },
	{ "all.Organization.bounded", false },
	{ "all.Organization.read", true }, { "all.User", false },
	{ "all.User.bounded", false }, { "all.User.read", true }
};

/* Texts with and without the form of a scope's name. */
static const char *const named[] = {
	"device.get", "devices.*", "all.Device.read", "all.Application",
	"a.b", "applicationApiTokens.post"
};
static const char *const nameless[] = {
	"", ".", "*", "a", "a.", ".a", "a..b", "a.*.b", "a.**", "a.b*", "*.a",
	"a b.c", "a.b ", " a.b", "a,b.c", "a.b\n", "a.1", "a_b.c", "a.{b}",
	"\xc3\xa4.b", "a.\"b\"", "a.b\\"
};

static const char *const unknown[] = {
	"", " ", "*", ".*", "all", "all.*", "all.Application.*",
	"all.Application.", "all.Application.write", "all.application",
	"all.Device", "all.Applicatio", "all.Application.bounded.read",
	"all.Application ", "datasource", "datasource.", "datasource.ge",
	"datasource.gett", "Datasource.get", "datasource.get.*",
	"datasource*", "data.*", "datasourc.*", "datasource.**",
	"datasources.*", "datasource.g*", "*.get", "event.*.*", "event.delete"
};

static void
test_singles(void **state)
{
	uint64_t seen = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		if (scope_parse(rows[i].name) != rows[i].bit)
			fail_msg("rows[%zu] %s", i, rows[i].name);
		if ((seen & rows[i].bit) != 0 || rows[i].bit == 0)
			fail_msg("rows[%zu] has no bit of its own", i);
		seen |= rows[i].bit;
	}
}

/* The words of Wallboard's keys, and the names of a single scope. */
static void
test_words(void **state)
{
	static const struct {
		const char *name;
		uint64_t bit;
	} words[] = {
		{ "WEBHOOK_CALL", SCOPE_ACTION_CALL },
		{ "PROOF_OF_PLAY_READ", SCOPE_EVENT_GET },
		{ "DATASOURCE_DATA_READ", SCOPE_DATASOURCE_GET },
		{ "INTERNAL_DATASOURCE_WRITE", SCOPE_DATASOURCE_POST },
		{ "webhook_call", 0 }, { "WEBHOOK", 0 }, { "WEBHOOK_CALL ", 0 },
		{ "all.Application", 0 }, { "all.User.cli", 0 },
		{ "commands.*", 0 }, { "datasource.*", 0 }, { "", 0 },
		{ "event.get event.body", 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (scope_single(words[i].name) != words[i].bit)
			fail_msg("words[%zu] %s", i, words[i].name);
		if (words[i].bit != 0 &&
		    scope_parse(words[i].name) != words[i].bit)
			fail_msg("words[%zu] %s as a name", i, words[i].name);
		assert_false(words[i].bit != 0 &&
		    scope_is_name(words[i].name));
	}
	for (i = 0; i < ROWS; i++)
		if (scope_single(rows[i].name) != rows[i].bit)
			fail_msg("rows[%zu] %s", i, rows[i].name);
}

/* Returns whether only an organization can have a scope. */
static bool
is_higher(const char *name)
{
	return strncmp(name, "applications.", 13) == 0 ||
	    strncmp(name, "user.", 5) == 0 ||
	    strncmp(name, "users.", 6) == 0 ||
	    strcmp(name, "apiKey.view") == 0;
}

static void
test_groups(void **state)
{
	uint64_t bits;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		bits = 0;
		for (j = 0; j < ROWS; j++)
			if ((rows[j].reads || !groups[i].reads) &&
			    rows[j].bit != SCOPE_QUOTAS_PUT &&
			    (strstr(groups[i].name, "Application") == NULL ||
			    !is_higher(rows[j].name)))
				bits |= rows[j].bit;
		if (scope_parse(groups[i].name) != bits)
			fail_msg("groups[%zu] %s", i, groups[i].name);
	}
	assert_false(scope_parse("all.User.read") & SCOPE_DATASOURCE_POST);
	assert_true(scope_parse("all.User.read") & SCOPE_EVENT_BODY);
	assert_true(scope_parse("all.User") & SCOPE_DATASOURCE_POST);
	/* An application cannot create applications. */
	assert_false(scope_parse("all.Application") &
	    (SCOPE_APPLICATIONS_GET | SCOPE_APPLICATIONS_POST));
	assert_false(scope_parse("all.Application") & (SCOPE_USERS_GET |
	    SCOPE_USERS_POST | SCOPE_USER_GET | SCOPE_USER_PATCH |
	    SCOPE_USER_DELETE));
	assert_true(scope_parse("all.Organization") & SCOPE_USER_DELETE);
	/* No group includes the scope to see a key again. */
	assert_false(scope_parse("all.Application") & SCOPE_KEY_VIEW);
	assert_false(scope_parse("all.User.read") & SCOPE_KEY_VIEW);
	assert_true(scope_parse("all.Application") & SCOPE_KEY_GET);
	assert_true(scope_parse("all.Application") & SCOPE_FORM_POST);
	assert_true(scope_parse("all.Application") & SCOPE_TOKENS_POST);
	assert_true(scope_parse("all.Application.read") &
	    SCOPE_APPLICATION_GET);
	assert_false(scope_parse("all.Application.read") &
	    SCOPE_APPLICATIONS_GET);
	assert_true(scope_parse("all.Organization.read") &
	    SCOPE_APPLICATIONS_GET);
	assert_false(scope_parse("all.Organization.read") &
	    SCOPE_APPLICATIONS_POST);
	assert_int_equal(scope_parse("all.Application.cli"),
	    SCOPE_APPLICATION_GET | SCOPE_APPLICATION_PATCH);
	assert_int_equal(scope_parse("all.User.cli"), SCOPE_APPLICATION_GET |
	    SCOPE_APPLICATION_PATCH | SCOPE_APPLICATIONS_GET);
}

static void
test_wildcards(void **state)
{
	size_t i, j, n;
	uint64_t bits;
	char *name;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		n = strcspn(rows[i].name, ".") + 1;
		name = mem_alloc(n + 2);
		memcpy(name, rows[i].name, n);
		name[n] = '*';
		bits = 0;
		for (j = 0; j < ROWS; j++)
			if (strncmp(rows[j].name, name, n) == 0)
				bits |= rows[j].bit;
		if (scope_parse(name) != bits)
			fail_msg("rows[%zu] %s", i, name);
		free(name);
	}
	assert_int_equal(scope_parse("datasource.*"),
	    SCOPE_DATASOURCE_GET | SCOPE_DATASOURCE_POST);
	assert_int_equal(scope_parse("event.*"),
	    SCOPE_EVENT_GET | SCOPE_EVENT_BODY | SCOPE_EVENT_RETRY);
	/* One webhook and the list of webhooks have different scopes. */
	assert_int_equal(scope_parse("webhook.*"), SCOPE_WEBHOOK_GET |
	    SCOPE_WEBHOOK_PATCH | SCOPE_WEBHOOK_DELETE | SCOPE_WEBHOOK_REPLY);
	assert_int_equal(scope_parse("webhooks.*"),
	    SCOPE_WEBHOOKS_GET | SCOPE_WEBHOOKS_POST);
	assert_int_equal(scope_parse("form.*"), SCOPE_FORM_GET |
	    SCOPE_FORM_POST | SCOPE_FORM_PATCH | SCOPE_FORM_DELETE);
	assert_int_equal(scope_parse("users.*"),
	    SCOPE_USERS_GET | SCOPE_USERS_POST);
	assert_int_equal(scope_parse("applications.*"),
	    SCOPE_APPLICATIONS_GET | SCOPE_APPLICATIONS_POST);
	assert_int_equal(scope_parse("application.*"), SCOPE_APPLICATION_GET |
	    SCOPE_APPLICATION_PATCH | SCOPE_APPLICATION_DELETE);
	assert_int_equal(scope_parse("applicationApiToken.*"),
	    SCOPE_TOKEN_GET | SCOPE_TOKEN_PATCH | SCOPE_TOKEN_DELETE);
	assert_int_equal(scope_parse("applicationApiTokens.*"),
	    SCOPE_TOKENS_GET | SCOPE_TOKENS_POST);
}

static void
test_form(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (!scope_is_name(named[i]))
			fail_msg("named[%zu] \"%s\"", i, named[i]);
	for (i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++)
		if (scope_is_name(nameless[i]))
			fail_msg("nameless[%zu] \"%s\"", i, nameless[i]);
	for (i = 0; i < ROWS; i++)
		if (!scope_is_name(rows[i].name))
			fail_msg("rows[%zu] %s", i, rows[i].name);
}

static void
test_unknown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (scope_parse(unknown[i]) != 0)
			fail_msg("unknown[%zu] \"%s\"", i, unknown[i]);
}

static void
test_lists(void **state)
{
	static const struct {
		const char *names;
		uint64_t bits;
	} cases[] = {
		{ "", 0 }, { " ", 0 }, { "   ", 0 }, { "nothing known", 0 },
		{ "event.get", SCOPE_EVENT_GET },
		{ "  event.get  ", SCOPE_EVENT_GET },
		{ "event.get event.body", SCOPE_EVENT_GET | SCOPE_EVENT_BODY },
		{ "event.get   event.get", SCOPE_EVENT_GET },
		{ "x event.get gadgets.get y", SCOPE_EVENT_GET },
		{ "event.get,event.body", 0 }, { "event.get\tevent.body", 0 },
		{ "event.getevent.body", 0 },
		{ "datasource.post event.*", SCOPE_DATASOURCE_POST |
		    SCOPE_EVENT_GET | SCOPE_EVENT_BODY | SCOPE_EVENT_RETRY },
		{ "* event.body", SCOPE_EVENT_BODY },
		{ "event. *", 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (scope_parse_list(cases[i].names) != cases[i].bits)
			fail_msg("cases[%zu] \"%s\"", i, cases[i].names);
	assert_int_equal(scope_parse_list("x all.Organization.bounded"),
	    scope_parse("all.Organization"));
}

static void
test_token(void **state)
{
	static const struct {
		const char *name;
		bool allowed;
	} cases[] = {
		{ "all.Application", true }, { "all.Application.read", true },
		{ "all.Application.cli", true }, { "datasource.post", true },
		{ "device.*", true }, { "no.such", true }, { "no.*", true },
		/* Beyond one application. */
		{ "all.Organization", false }, { "all.User", false },
		{ "users.get", false }, { "users.*", false },
		{ "user.patch", false }, { "applications.post", false },
		{ "apiKey.view", false }, { "apiKey.*", false },
		/* No names. */
		{ "", false }, { "all", false }, { "*", false },
		{ "event.get ", false }, { "event.get event.body", false },
		{ "WEBHOOK_CALL", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (scope_is_for_token(cases[i].name) != cases[i].allowed)
			fail_msg("%s", cases[i].name);
}

static void
test_missing(void **state)
{
	static const struct {
		const char *held;
		const char *names;
		const char *missing;
	} cases[] = {
		{ "", "", NULL }, { "", "  ", NULL },
		{ "event.get", "event.get", NULL },
		{ "event.get", "event.get event.get", NULL },
		{ "event.get", "event.body", "event.body" },
		{ "event.get", "event.get event.body", "event.body" },
		{ "event.get", "event.*", "event.*" },
		{ "event.get", "WEBHOOK_CALL", "WEBHOOK_CALL" },
		{ "event.*", "event.get  event.body", NULL },
		/* A name that may have a meaning later. */
		{ "event.get", "no.such", "no.such" },
		{ "all.Application", "no.such all.Application", NULL },
		{ "all.Application", "users.post", "users.post" },
		{ "all.Application", "all.Organization", "all.Organization" },
		{ "all.Organization", "all.User users.post", NULL }
	};
	const char *missing;
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		missing = scope_missing(scope_parse_list(cases[i].held),
		    cases[i].names, &n);
		if (cases[i].missing == NULL ? missing != NULL :
		    missing == NULL || n != strlen(cases[i].missing) ||
		    strncmp(missing, cases[i].missing, n) != 0)
			fail_msg("%s, %s", cases[i].held, cases[i].names);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_singles),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_lists)
	};

	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
