/* SPDX-License-Identifier: ISC */
/* Tests the configuration: files, environment, errors and the dump. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "base/conf.h"
#include "base/mem.h"

#define CREEL "[creel]\n"
#define ISSUER(name) "[issuer " name "]\nissuer = i\naudience = a\n"
#define D10 "0123456789"
#define D90 D10 D10 D10 D10 D10 D10 D10 D10 D10

static char path[] = "/tmp/test_conf.XXXXXX";

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct conf *
load(const char *text)
{
	struct conf *conf = NULL;
	struct err err;

	write_file(text);
	if (conf_load(path, NULL, &conf, &err) < 0)
		fail_msg("%s", err.text);
	return conf;
}

static char *
mask(const char *value)
{
	return mem_strdup(strstr(value, "password") != NULL ? "masked" : value);
}

/* Returns conf_dump()'s output; the caller frees it. */
static char *
dump(const struct conf *conf)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	conf_dump(conf, mask, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Files, and a line of the dump that shows an option's effect. */
static const struct {
	const char *text;
	const char *says;
} accepted[] = {
	{ "", "\ndatabase = dbname=creel\n" },
	{ "", "\nthreads = 8\n" },
	{ "", "\nprepared_statements = yes\n" },
	{ "", "\npixon_body_limit = 1048576\n" },
	{ "", "\nlog_level = info\n" },
	{ CREEL, "\nthreads = 8\n" },
	{ CREEL "threads = 3\n", "\nthreads = 3\n" },
	{ CREEL "threads=3", "\nthreads = 3\n" },
	{ CREEL "  threads : 3  \r\n", "\nthreads = 3\n" },
	{ CREEL "threads = 1\n", "\nthreads = 1\n" },
	{ CREEL "threads = 256\n", "\nthreads = 256\n" },
	{ "# a\n\n; b\n" CREEL "threads = 3 ; c\n", "\nthreads = 3\n" },
	{ "\xef\xbb\xbf" CREEL "threads = 3\n", "\nthreads = 3\n" },
	{ CREEL "retention_days = 0\n", "\nretention_days = 0\n" },
	{ CREEL "pixon_body_limit = 1\n", "\npixon_body_limit = 1\n" },
	{ CREEL "pixon_body_limit = 3k\n",
	    "\npixon_body_limit = 3072\n" },
	{ CREEL "pixon_body_limit = 2M\n",
	    "\npixon_body_limit = 2097152\n" },
	{ CREEL "pixon_body_limit = 65536K\n",
	    "\npixon_body_limit = 67108864\n" },
	{ CREEL "prepared_statements = no\n",
	    "\nprepared_statements = no\n" },
	{ CREEL "prepared_statements = OFF\n",
	    "\nprepared_statements = no\n" },
	{ CREEL "prepared_statements = false\n",
	    "\nprepared_statements = no\n" },
	{ CREEL "prepared_statements = True\n",
	    "\nprepared_statements = yes\n" },
	{ CREEL "prepared_statements = on\n",
	    "\nprepared_statements = yes\n" },
	{ CREEL "log_level = error\n", "\nlog_level = error\n" },
	{ CREEL "log_level = WARN\n", "\nlog_level = warn\n" },
	{ CREEL "log_level = debug\n", "\nlog_level = debug\n" },
	{ CREEL "worker_role =\n", "\nworker_role = \n" },
	{ CREEL "worker_role = a;b#c = \"d\"\n",
	    "\nworker_role = a;b#c = \"d\"\n" },
	{ CREEL "database = host=a\n  port=1\n\tuser=b\n",
	    "\ndatabase = host=a port=1 user=b\n" },
	{ CREEL "threads = 3\n" ISSUER("x") CREEL "worker_role = l\n",
	    "\nthreads = 3\n" },
	{ ISSUER("x"), "\n[issuer x]\n" },
	{ ISSUER("x"), "\nissuer = i\n" },
	{ ISSUER("x"), "\nleeway = 30\n" },
	{ ISSUER("x"), "\ntypes = JWT at+jwt -\n" },
	{ ISSUER("x") "leeway = 0\n", "\nleeway = 0\n" },
	{ ISSUER("a b") "key = k\n", "\n[issuer a b]\n" }
};

static void
test_accepts(void **state)
{
	struct conf *conf;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(accepted); i++) {
		conf = load(accepted[i].text);
		text = dump(conf);
		if (strstr(text, accepted[i].says) == NULL)
			fail_msg("accepted[%zu] \"%s\" gives %s", i,
			    accepted[i].text, text);
		free(text);
		conf_free(&conf);
		assert_null(conf);
	}
}

/* Files with an error, and the message with its line number. */
static const struct {
	const char *text;
	const char *says;
} rejected[] = {
	{ CREEL "nosuch = 1\n", ":2: nosuch: no such option" },
	{ CREEL "Threads = 1\n", ":2: Threads: no such option" },
	{ CREEL "issuer = 1\n", ":2: issuer: no such option" },
	{ ISSUER("x") "threads = 1\n", ":4: threads: no such option" },
	{ "threads = 1\n", ":1: an option before [creel]" },
	{ "\n[Creel]\nthreads = 1\n", ":3: [Creel]: no such section" },
	{ "[issuer]\nissuer = 1\n", ":2: [issuer]: no such section" },
	{ "[issuerx]\nissuer = 1\n", ":2: [issuerx]: no such section" },
	{ CREEL "threads\n", ":2: must be a section" },
	{ CREEL "threads = 1\nthreads = 1\n",
	    ":3: threads: duplicate option" },
	{ CREEL "worker_role = a\n" ISSUER("x") CREEL "worker_role = b\n",
	    ":7: worker_role: duplicate" },
	{ ISSUER("x") "issuer = j\n",
	    ":4: issuer: duplicate option" },
	{ ISSUER("x") ISSUER("y") ISSUER("x"),
	    ":8: [issuer x]: duplicate section" },
	{ ISSUER("x") CREEL "threads = 1\n" ISSUER("x"),
	    ":7: [issuer x]: duplicate section" },
	{ CREEL "threads =\n", ":2: threads: must be an integer" },
	{ CREEL "threads = 0\n", "integer between 1 and 256" },
	{ CREEL "threads = 257\n", "integer between 1 and 256" },
	{ CREEL "threads = -1\n", "integer between 1 and 256" },
	{ CREEL "threads = +1\n", "integer between 1 and 256" },
	{ CREEL "threads = 1.5\n", "integer between 1 and 256" },
	{ CREEL "threads = 0x10\n", "integer between 1 and 256" },
	{ CREEL "threads = 1k\n", "integer between 1 and 256" },
	{ CREEL "threads = 1 2\n", "integer between 1 and 256" },
	{ CREEL "threads = 99999999999999999999\n",
	    "integer between 1 and 256" },
	{ CREEL "threads = 1\n 2\n", ":3: threads: must be one line" },
	{ CREEL "log = stderr\n log_level = debug\n",
	    ":3: log_level: must not be indented" },
	{ CREEL "pixon_body_limit = 0\n", "must be a size" },
	{ CREEL "pixon_body_limit = k\n", "must be a size" },
	{ CREEL "pixon_body_limit = 1g\n", "must be a size" },
	{ CREEL "pixon_body_limit = 1kk\n", "must be a size" },
	{ CREEL "pixon_body_limit = 1 k\n", "must be a size" },
	{ CREEL "pixon_body_limit = 65m\n", "between 1 and 67108864" },
	{ CREEL "pixon_body_limit = 9223372036854775807m\n",
	    "between 1 and 67108864" },
	{ CREEL "prepared_statements = maybe\n", "must be yes or no" },
	{ CREEL "prepared_statements = 1\n", "must be yes or no" },
	{ CREEL "prepared_statements =\n", "must be yes or no" },
	{ CREEL "log_level = loud\n",
	    "must be one of: error warn info debug" },
	{ CREEL "log_level = inf\n", "must be one of" },
	{ CREEL "log_level = error warn\n", "must be one of" },
	{ ISSUER("x") "leeway = 61\n", "integer between 0 and 60" },
	{ "[issuer x]\nissuer = i\n", ": [issuer x]: audience is requ" },
	{ "[issuer x]\naudience = a\n", ": [issuer x]: issuer is requ" },
	{ "[issuer x]\nissuer =\naudience = a\n", "issuer is required" },
	{ ISSUER("x") "[issuer y]\nkey = k\n", "[issuer y]: issuer is" },
	{ CREEL "worker_role = " D90 D90 D90 "\n", ":2: line too long" },
	{ CREEL "worker_role = a\n# " D90 D90 D90 "\n", ":3: line too long" },
	/* The first error is reported. */
	{ CREEL "a = 1\nb = 2\nc\n", ":2: a: no such option" },
	{ CREEL "log = creel.log\n", ":2: log: must be stderr, syslog or" },
	{ ISSUER("x") "algorithm = none\n", "algorithm: must be one of" },
	{ CREEL "database = hush\n", ":2: database: no" },
	{ CREEL "\n[issuer x]\nissuer = i\n", ":4: [issuer x]: audience is" }
};

static int
conninfo_check(const char *value, struct err *err)
{
	return strcmp(value, "hush") == 0 ?
	    err_set(err, ERR_CONFIG, "no") : 0;
}

static void
test_rejects(void **state)
{
	struct conf *conf = NULL;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rejected); i++) {
		write_file(rejected[i].text);
		if (conf_load(path, conninfo_check, &conf, &err) != -1 ||
		    conf != NULL)
			fail_msg("rejected[%zu] \"%s\" is accepted", i,
			    rejected[i].text);
		if (err.code != ERR_CONFIG ||
		    strncmp(err.text, path, strlen(path)) != 0 ||
		    strstr(err.text, rejected[i].says) == NULL)
			fail_msg("rejected[%zu]: %s", i, err.text);
	}
}

static void
test_issuers(void **state)
{
	struct conf *conf = load("[issuer one]\nissuer = https://one\n"
	    "audience = creel\nalgorithm = RS256\nkey = /k\nkey_id = 1\n"
	    "types = JWT\n at+jwt\n" ISSUER("two"));
	struct conf_issuer *i = conf->issuers;

	(void)state;
	assert_string_equal(i->name, "one");
	assert_string_equal(i->issuer, "https://one");
	assert_string_equal(i->audience, "creel");
	assert_string_equal(i->algorithm, "RS256");
	assert_string_equal(i->key, "/k");
	assert_string_equal(i->key_id, "1");
	/* A line that begins with a blank continues the line before. */
	assert_string_equal(i->types, "JWT at+jwt");
	assert_int_equal(i->leeway, 30);
	assert_string_equal(i->secret_file, "");
	i = i->next;
	assert_string_equal(i->name, "two");
	assert_string_equal(i->key, "");
	assert_string_equal(i->scopes_claim, "scope");
	assert_null(i->next);
	conf_free(&conf);
	conf_free(&conf);
}

static void
test_environment(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		const char *says;	/* of the dump, or of the error */
		bool rejected;
	} cases[] = {
		{ "CREEL_THREADS", "5", "\nthreads = 5\n", false },
		{ "CREEL_PIXON_BODY_LIMIT", "1k", "_limit = 1024\n", false },
		{ "CREEL_LOG", "/l", "\nlog = /l\n", false },
		{ "CREEL_LOG", "", "CREEL_LOG: log: must be", true },
		{ "CREEL_PREPARED_STATEMENTS", "no", "ments = no\n", false },
		/* Only names in capitals that begin with CREEL_ count. */
		{ "creel_threads", "5", "\nthreads = 3\n", false },
		{ "CREEL_threads", "5", "CREEL_threads: no such", true },
		{ "THREADS", "5", "\nthreads = 3\n", false },
		{ "CREEL_NOSUCH", "5", "CREEL_NOSUCH: no such", true },
		{ "CREEL_THREADS", "0", "environment, CREEL_THREADS: threads: "
		    "must be an integer between 1 and 256", true },
		{ "CREEL_THREADS", "", "environment, CREEL_THREADS", true },
		{ "CREEL_LOG_LEVEL", "x", "environment, CREEL_LOG_L", true }
	};
	struct conf *conf = NULL;
	struct err err;
	char *text;
	size_t i;
	int rc;

	(void)state;
	write_file(CREEL "threads = 3\nlog = stderr\n");
	for (i = 0; i < LENGTH(cases); i++) {
		setenv(cases[i].name, cases[i].value, 1);
		rc = conf_load(path, NULL, &conf, &err);
		unsetenv(cases[i].name);
		if (rc != (cases[i].rejected ? -1 : 0))
			fail_msg("cases[%zu]: %d", i, rc);
		text = rc == 0 ? dump(conf) : mem_strdup(err.text);
		if (strstr(text, cases[i].says) == NULL)
			fail_msg("cases[%zu]: %s", i, text);
		free(text);
		conf_free(&conf);
	}
}

static void
test_paths(void **state)
{
	struct conf *conf = NULL;
	struct err err;

	(void)state;
	write_file(CREEL "threads = 3\n");
	setenv("CREEL_CONF", path, 1);
	assert_int_equal(conf_load(NULL, NULL, &conf, &err), 0);
	assert_int_equal(conf->threads, 3);
	conf_free(&conf);
	/* A file that is named must exist. */
	setenv("CREEL_CONF", "/nonexistent/creel.conf", 1);
	assert_int_equal(conf_load(NULL, NULL, &conf, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "/nonexistent/creel.conf: "));
	/* The argument comes before the environment. */
	assert_int_equal(conf_load(path, NULL, &conf, &err), 0);
	conf_free(&conf);
	unsetenv("CREEL_CONF");
	assert_int_equal(conf_load("/nonexistent", NULL, &conf, &err), -1);
	assert_int_equal(conf_load("/tmp", NULL, &conf, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(conf);
	if (access(CONF_PATH, F_OK) == 0)
		return;		/* this machine has one, which may be invalid */
	assert_int_equal(conf_load(NULL, NULL, &conf, &err), 0);
	assert_int_equal(conf->threads, 8);
	conf_free(&conf);
}

/* The dump can be loaded, and its dump is the same. */
static void
test_dump(void **state)
{
	static const char text[] = CREEL "database = host=a port=1 " D90 "\n "
	    D90 "\n " D90 " b\nthreads = 3\nprepared_statements = no\n"
	    "log_level = debug\npixon_body_limit = 3k\nworker_role =\n"
	    "[issuer one]\nissuer = https://one\naudience = a b\nleeway = 1\n"
	    ISSUER("two") "types = -\n";
	struct conf *conf = load(text);
	char *once = dump(conf), *twice;

	(void)state;
	assert_non_null(strstr(once, "\n[issuer one]\n"));
	assert_non_null(strstr(once, "\nlog_level = debug\n"));
	conf_free(&conf);
	conf = load(once);
	twice = dump(conf);
	assert_string_equal(once, twice);
	assert_string_equal(conf->database,
	    "host=a port=1 " D90 " " D90 " " D90 " b");
	assert_string_equal(conf->issuers->next->types, "-");
	conf_free(&conf);
	free(once);
	free(twice);
}

static void
test_dump_masks(void **state)
{
	struct conf *conf = load(CREEL "database = password=secret\n"
	    "admin_database = user=o password=secret\n");
	char *text = dump(conf);

	(void)state;
	assert_null(strstr(text, "secret"));
	assert_non_null(strstr(text, "\ndatabase = masked\n"));
	assert_non_null(strstr(text, "\nadmin_database = masked\n"));
	free(text);
	conf_free(&conf);
}

static int
setup(void **state)
{
	extern char **environ;
	int fd = mkstemp(path);
	char name[64];
	char **e;

	(void)state;
	/* Hides the configuration of the environment. */
	for (e = environ; *e != NULL; )
		if (strncmp(*e, "CREEL_", 6) == 0 &&
		    strcspn(*e, "=") < sizeof(name)) {
			snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(*e, "="), *e);
			unsetenv(name);
		} else {
			e++;
		}
	return fd < 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_issuers),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_masks)
	};

	return cmocka_run_group_tests_name("conf", tests, setup, teardown);
}
