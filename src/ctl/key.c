/* SPDX-License-Identifier: ISC */
/* creelctl key: API keys, and their sealed copies. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/grant.h"
#include "auth/seal.h"
#include "base/buf.h"
#include "base/jsn_write.h"
#include "base/logger.h"
#include "ctl/ctl.h"
#include "resource/key_reveal.h"

static int key_create(struct ctl *, struct err *);
static int key_view(struct ctl *, struct err *);
static int key_reseal(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	OPTION_NAME,
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "a scope; default: datasource.post", 0 },
	{ "hook", "ID|HANDLE", OPTION_REPEATABLE,
	    "restrict it to this hook", 0 },
	OPTION_EXPIRES,
	OPTIONS_END
};

static const struct owned keys = {
	"key", OWNED_CREDENTIAL, SQL_CTL_KEY_LIST, SQL_NONE, credential_columns
};

const struct command key_commands[] = {
	{ "key create", NULL, create_options, 0, key_create, &keys,
	    "Create an API key and print it." },
	{ "key list", NULL, owned_list_options, 0, owned_list, &keys,
	    "List the API keys." },
	{ "key show", "ID", NULL, 0, owned_show, &keys,
	    "Show the properties of an API key." },
	{ "key view", "ID", NULL, 0, key_view, &keys,
	    "Print the API key itself; it must be sealed." },
	{ "key enable", "ID", NULL, 0, credential_enable, &keys,
	    "Enable an API key." },
	{ "key disable", "ID", NULL, 0, credential_disable, &keys,
	    "Disable an API key." },
	{ "key delete", "ID", NULL, 0, credential_delete, &keys,
	    "Delete an API key." },
	{ "key reseal", NULL, NULL, 0, key_reseal, &keys,
	    "Seal all API keys with the first key of key_file." },
	COMMANDS_END
};

struct count {
	size_t resealed;
	size_t current;
	size_t closed;		/* cannot be opened */
};

static int
key_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *hooks = NULL;
	struct seal *seal = NULL;
	int rc;

	if (input_application(ctl, application, err) < 0 ||
	    credential_hooks(ctl, "hook", NULL, application, &hooks,
	    err) < 0 || seal_load(ctl->conf->key_file, &seal, err) < 0)
		return -1;
	rc = credential_create(ctl, "datasource.post", hooks, seal, err);
	seal_free(&seal);
	return rc;
}

int
audit_open(const struct ctl *ctl, struct err *err)
{
	const struct conf *conf = ctl->conf;

	if (conf->log[0] == '/' && access(conf->log, F_OK) < 0 &&
	    errno == ENOENT)
		return 1;
	return logger_open(conf->log, (enum log_level)conf->log_level, err);
}

/* The same for a message that must be logged. */
static int
log_open(const struct ctl *ctl, struct err *err)
{
	int rc = audit_open(ctl, err);

	return rc <= 0 ? rc : err_set(err, ERR_CONFIG, "log: %s does not "
	    "exist, the workers create it", ctl->conf->log);
}

/* A key is not disclosed if that cannot be logged. */
int
key_show_again(struct ctl *ctl, const char *application, const char *id,
    const char **key, struct err *err)
{
	struct seal *seal = NULL;
	struct err unwritten;
	int rc;

	if (log_open(ctl, err) < 0 ||
	    seal_load(ctl->conf->key_file, &seal, err) < 0)
		return -1;
	rc = key_unseal(&ctl->arena, ctl->db, seal, &grant_owner, application,
	    id, key, err);
	seal_free(&seal);
	if (log_audit(&unwritten, "creelctl key=%s application=%s shown=%s "
	    "uid=%ld error=%s", id, application, rc == 0 ? "yes" : "no",
	    (long)getuid(), rc == 0 ? "-" : err->text) == 0 || rc < 0)
		return rc;
	*err = unwritten;
	return -1;
}

static int
key_view(struct ctl *ctl, struct err *err)
{
	const char *key = NULL;
	struct found found;

	if (owned_find(ctl, &found, err) < 0 ||
	    key_show_again(ctl, found.application, found.id, &key, err) < 0)
		return -1;
	output_done(ctl, "key", key, key);
	return 0;
}

/* Seals a key again, unless it was deleted or sealed by another process
 * meanwhile. */
static int
row_reseal(struct ctl *ctl, const struct seal *seal,
    const struct seal_owner *owner, const char *bytes, size_t len,
    struct count *count, struct err *err)
{
	char key[SEAL_SECRET_SIZE];
	struct pg_result *res = NULL;
	struct sealed sealed;
	struct err why;
	bool is_current;
	int rc;

	if (seal_open(seal, owner, bytes, len, key, &why) < 0) {
		log_warn("key %s of application %s: %s", owner->id,
		    owner->application, why.text);
		count->closed++;
		return 0;
	}
	is_current = seal_is_current(seal, bytes, len);
	rc = is_current ? 0 : seal_close(seal, owner, key, &sealed, err);
	explicit_bzero(key, sizeof(key));
	if (rc < 0)
		return -1;
	if (is_current) {
		count->current++;
		return 0;
	}

	const struct pg_value values[] = {
		PG_TEXT(owner->application), PG_TEXT(owner->id),
		PG_BYTES(bytes, len), SEALED_VALUE(&sealed)
	};
	if (pg_run(ctl->db, SQL_CTL_KEY_RESEAL, values, &res, err) < 0)
		return -1;
	count->resealed += pg_rows(res);
	pg_result_free(&res);
	return 0;
}

/* Reseals the keys after last, which becomes the last of them; returns how
 * many they were. */
static ssize_t
page_reseal(struct ctl *ctl, const struct seal *seal, struct seal_owner *last,
    struct count *count, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(last->application), PG_TEXT(last->id)
	};
	struct pg_result *rows = NULL;
	const char *bytes;
	size_t i, n, len;
	int rc = 0;

	if (pg_run(ctl->db, SQL_CTL_KEY_SEALED, values, &rows, err) < 0)
		return -1;
	n = pg_rows(rows);
	for (i = 0; i < n && rc == 0; i++) {
		last->application = pg_text(rows, i, 0);
		last->id = pg_text(rows, i, 1);
		bytes = pg_bytes(rows, i, 2, &len);
		rc = row_reseal(ctl, seal, last, bytes, len, count, err);
	}
	last->application = arena_strdup(&ctl->arena, last->application);
	last->id = arena_strdup(&ctl->arena, last->id);
	pg_result_free(&rows);
	return rc < 0 ? -1 : (ssize_t)n;
}

static void
count_print(const struct count *count)
{
	struct buf json;

	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_integer(&json, "resealed", (int64_t)count->resealed);
	jsn_write_integer(&json, "current", (int64_t)count->current);
	jsn_write_integer(&json, "closed", (int64_t)count->closed);
	output_json(&json);
}

static int
key_reseal(struct ctl *ctl, struct err *err)
{
	struct seal_owner last = { "", "" };
	struct count count = { 0, 0, 0 };
	struct seal *seal = NULL;
	ssize_t n;

	if (audit_open(ctl, err) < 0 ||
	    seal_load(ctl->conf->key_file, &seal, err) < 0)
		return -1;
	if (seal == NULL)
		return err_set(err, ERR_CONFIG, "key_file is not set");
	while ((n = page_reseal(ctl, seal, &last, &count, err)) > 0)
		;
	seal_free(&seal);
	if (n < 0)
		return -1;
	if (ctl->json)
		count_print(&count);
	else
		printf("%zu sealed, %zu were sealed with the first key "
		    "already, %zu cannot be opened\n", count.resealed,
		    count.current, count.closed);
	return count.closed == 0 ? 0 : err_set(err, ERR_CONFIG,
	    "%zu sealed keys cannot be opened with key_file; the log lists "
	    "them", count.closed);
}
