/* SPDX-License-Identifier: ISC */
/* creelctl application create: one application or many, with hooks and keys. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/auth_key.h"
#include "auth/grant.h"
#include "auth/seal.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/jsn.h"
#include "base/jsn_write.h"
#include "ctl/application.h"
#include "hook/hook.h"

#define NAME_MAX_POINTS 255
#define NAMES_MAX 100000	/* of a run */
#define NAMES_SIZE (NAMES_MAX * 128)	/* bytes of the file of names */
#define AT_ONCE 100		/* applications of a transaction */
#define KINDS "datasource webhook"	/* the others require settings */

/* What each of the applications gets. */
struct plan {
	const char *organization;	/* or NULL */
	const char *const *hooks;	/* "KIND:NAME" */
	size_t hook_count;
	const char *key;		/* name of the key; NULL: none */
	const char *scopes;
	const char *days, *failed_days;	/* of retention, or NULL */
	struct seal *seal;
};

struct new_hook {
	char id[ID_OBJECT_SIZE];
	char handle[HOOK_HANDLE_SIZE];
};

struct new_application {
	const char *name;
	char id[ID_OBJECT_SIZE];
	char key_id[ID_OBJECT_SIZE];
	struct key key;
	struct new_hook *hooks;
};

struct names {
	const char **list;
	size_t n;
};

const struct ctl_option application_create_options[] = {
	{ "organization", "ID", 0,
	    "the organization it belongs to; default: none", 0 },
	{ "names", "FILE", 0,
	    "create one for each line; -: standard input", 0 },
	{ "hook", "KIND:NAME", OPTION_REPEATABLE,
	    "with a hook: datasource or webhook", 0 },
	{ "key", "NAME", 0, "with an API key", 0 },
	{ "scope", "SCOPE", OPTION_REPEATABLE,
	    "of the key; default: datasource.post", 0 },
	OPTIONS_RETENTION
	OPTIONS_END
};

/* -- names */

static int
name_add(struct names *names, const char *what, const char *name,
    struct err *err)
{
	if (names->n == NAMES_MAX)
		return err_set(err, ERR_USAGE, "%s: must be at most %d names",
		    what, NAMES_MAX);
	if (!jsn_is_utf8(name, strlen(name)))
		return err_set(err, ERR_USAGE, "%s: must be UTF-8", what);
	if (input_length(what, name, NAME_MAX_POINTS, err) < 0)
		return -1;
	names->list[names->n++] = name;
	return 0;
}

static int
file_read(const char *path, struct buf *out, struct err *err)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int rc = 0;
	size_t n;

	if (f == NULL)
		return err_set(err, ERR_USAGE, "--names: %s: %s", path,
		    strerror(errno));
	do {
		n = fread(buf_reserve(out, BUFSIZ), 1, BUFSIZ, f);
		out->len += n;
	} while (n > 0 && out->len <= NAMES_SIZE);
	if (ferror(f))
		rc = err_set(err, ERR_USAGE, "--names: %s: %s", path,
		    strerror(errno));
	else if (out->len > NAMES_SIZE)
		rc = err_set(err, ERR_USAGE, "--names: must be at most %d "
		    "bytes", NAMES_SIZE);
	else if (memchr(out->data, '\0', out->len) != NULL)
		rc = err_set(err, ERR_USAGE, "--names: must not contain NUL "
		    "bytes");
	if (f != stdin)
		fclose(f);
	return rc;
}

/* Adds the lines of a text, which it cuts; those without a character are
 * ignored. */
static int
lines_add(struct ctl *ctl, struct names *names, char *text, struct err *err)
{
	size_t line = 1, len;
	char *next;

	for (; text != NULL; text = next, line++) {
		if ((next = strchr(text, '\n')) != NULL)
			*next++ = '\0';
		len = strlen(text);
		if (len > 0 && text[len - 1] == '\r')
			text[--len] = '\0';
		if (len > 0 && name_add(names, arena_printf(&ctl->arena,
		    "--names: line %zu", line), text, err) < 0)
			return -1;
	}
	return 0;
}

/* The names of the arguments, then those of --names.  All are checked before
 * the first application is created. */
static int
names_read(struct ctl *ctl, struct names *names, struct err *err)
{
	const char *path = args_value(ctl, "names");
	const char *const *argument;
	struct buf text;

	names->list = arena_alloc(&ctl->arena,
	    NAMES_MAX * sizeof(*names->list));
	names->n = 0;
	for (argument = ctl->arguments; *argument != NULL; argument++)
		if (name_add(names, "NAME", *argument, err) < 0)
			return -1;
	if (path == NULL)
		return names->n > 0 ? 0 : err_set(err, ERR_USAGE,
		    "NAME or --names: required");
	buf_init(&text);
	if (file_read(path, &text, err) < 0) {
		buf_release(&text);
		return -1;
	}
	if (lines_add(ctl, names, arena_take(&ctl->arena, &text), err) < 0)
		return -1;
	return names->n > 0 ? 0 : err_set(err, ERR_USAGE,
	    "--names: must contain at least one name");
}

/* -- what they get */

/* Returns the part of "KIND:NAME" behind the colon; "" without one. */
static const char *
hook_name(const char *hook)
{
	const char *colon = strchr(hook, ':');

	return colon == NULL ? "" : colon + 1;
}

static const char *
hook_kind_name(struct ctl *ctl, const char *hook)
{
	return arena_printf(&ctl->arena, "%.*s", (int)strcspn(hook, ":"),
	    hook);
}

static int
plan_read(struct ctl *ctl, struct plan *plan, struct err *err)
{
	const char *const *hook;

	memset(plan, 0, sizeof(*plan));
	plan->organization = args_value(ctl, "organization");
	plan->hooks = args_values(ctl, "hook");
	for (hook = plan->hooks; *hook != NULL; hook++) {
		if (input_word("--hook", KINDS, hook_kind_name(ctl, *hook),
		    err) < 0 || input_length("--hook", hook_name(*hook),
		    NAME_MAX_POINTS, err) < 0)
			return -1;
		plan->hook_count++;
	}
	if (application_retention(ctl, &plan->days, &plan->failed_days,
	    err) < 0)
		return -1;
	plan->key = args_value(ctl, "key");
	if (plan->key == NULL)
		return args_value(ctl, "scope") == NULL ? 0 : err_set(err,
		    ERR_USAGE, "--scope: requires --key");
	if (input_length("--key", plan->key, NAME_MAX_POINTS, err) < 0)
		return -1;
	return input_scopes(ctl, "datasource.post", &plan->scopes, err);
}

/* -- creation */

/* Chooses an application's ids and secrets. */
static int
application_make(struct ctl *ctl, const struct plan *plan, const char *name,
    struct new_application *out, struct err *err)
{
	size_t i;

	out->name = name;
	out->hooks = arena_alloc(&ctl->arena,
	    plan->hook_count * sizeof(*out->hooks));
	id_object(out->id);
	for (i = 0; i < plan->hook_count; i++) {
		id_object(out->hooks[i].id);
		hook_kind(hook_kind_name(ctl, plan->hooks[i]))->new_handle(
		    out->hooks[i].handle);
	}
	if (plan->key == NULL)
		return 0;
	id_object(out->key_id);
	return key_new(&grant_owner, plan->scopes, &out->key, err);
}

/* Writes the hooks as the statement reads them and as they are printed. */
static void
hooks_write(struct ctl *ctl, const struct plan *plan,
    const struct new_application *a, struct buf *out)
{
	size_t i;

	jsn_write_array(out, "hooks");
	for (i = 0; i < plan->hook_count; i++) {
		jsn_write_object(out, NULL);
		jsn_write_string(out, "id", a->hooks[i].id);
		jsn_write_string(out, "kind",
		    hook_kind_name(ctl, plan->hooks[i]));
		jsn_write_string(out, "name", hook_name(plan->hooks[i]));
		jsn_write_string(out, "handle", a->hooks[i].handle);
		jsn_write_end(out, '}');
	}
	jsn_write_end(out, ']');
}

/* Writes the key as the statement reads it, sealed if there is a key file. */
static int
key_write(const struct plan *plan, const struct new_application *a,
    struct buf *out, struct err *err)
{
	const struct seal_owner owner = { a->id, a->key_id };
	char hex[2 * SEAL_SIZE + 1];
	struct sealed sealed;

	if (seal_close(plan->seal, &owner, a->key.text, &sealed, err) < 0)
		return -1;
	*hex_put(hex, sealed.bytes, sealed.len) = '\0';
	jsn_write_string(out, "keyId", a->key_id);
	jsn_write_string(out, "hash", a->key.hash);
	jsn_write_string(out, "prefix", a->key.prefix);
	if (sealed.len > 0)
		jsn_write_string(out, "sealed", hex);
	return 0;
}

static int
application_write(struct ctl *ctl, const struct plan *plan,
    const struct new_application *a, struct buf *out, struct err *err)
{
	jsn_write_object(out, NULL);
	jsn_write_string(out, "id", a->id);
	jsn_write_string(out, "name", a->name);
	hooks_write(ctl, plan, a, out);
	if (plan->key != NULL && key_write(plan, a, out, err) < 0)
		return -1;
	jsn_write_end(out, '}');
	return 0;
}

/* Creates some applications in one transaction. */
static int
applications_store(struct ctl *ctl, const struct plan *plan,
    const struct new_application *list, size_t n, struct err *err)
{
	struct buf json;
	size_t i;
	int rc = 0;

	buf_init(&json);
	jsn_write_array(&json, NULL);
	for (i = 0; i < n && rc == 0; i++)
		rc = application_write(ctl, plan, &list[i], &json, err);
	jsn_write_end(&json, ']');

	const struct pg_value values[] = {
		PG_TEXT(json.data), PG_TEXT(plan->organization),
		PG_TEXT(plan->key), PG_TEXT(plan->scopes),
		PG_TEXT(plan->days), PG_TEXT(plan->failed_days)
	};
	if (rc == 0)
		rc = pg_run(ctl->db, SQL_CTL_APPLICATION_CREATE, values, NULL,
		    err);
	buf_release(&json);
	return rc;
}

/* Without hooks and a key the line is the ID alone, for scripts. */
static void
line_print(const struct plan *plan, const struct new_application *a)
{
	struct buf line;
	size_t i;

	buf_init(&line);
	buf_addstr(&line, a->id);
	for (i = 0; i < plan->hook_count; i++)
		buf_printf(&line, "  %s", a->hooks[i].handle);
	if (plan->key != NULL)
		buf_printf(&line, "  %s", a->key.text);
	if (line.len > strlen(a->id))
		buf_printf(&line, "  %s", a->name);
	output_line("%s", line.data);
	buf_release(&line);
}

static void
application_print(struct ctl *ctl, const struct plan *plan,
    const struct new_application *a)
{
	struct buf json;

	if (!ctl->json) {
		line_print(plan, a);
		return;
	}
	buf_init(&json);
	jsn_write_object(&json, NULL);
	jsn_write_string(&json, "id", a->id);
	jsn_write_string(&json, "name", a->name);
	if (plan->hook_count > 0)
		hooks_write(ctl, plan, a, &json);
	if (plan->key != NULL) {
		jsn_write_string(&json, "keyId", a->key_id);
		jsn_write_string(&json, "key", a->key.text);
	}
	output_json(&json);
}

/* Those that are printed are committed. */
static int
applications_create(struct ctl *ctl, const struct plan *plan,
    const struct names *names, struct err *err)
{
	struct new_application list[AT_ONCE];
	size_t at, i, n;
	int rc = 0;

	for (at = 0; at < names->n && rc == 0; at += n) {
		for (n = 0; n < AT_ONCE && at + n < names->n && rc == 0; n++)
			rc = application_make(ctl, plan, names->list[at + n],
			    &list[n], err);
		if (rc == 0)
			rc = applications_store(ctl, plan, list, n, err);
		for (i = 0; i < n && rc == 0; i++)
			application_print(ctl, plan, &list[i]);
		/* Keys that were not printed are lost: create no more. */
		if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
			break;
	}
	explicit_bzero(list, sizeof(list));
	return rc;
}

int
application_create(struct ctl *ctl, struct err *err)
{
	struct names names;
	struct plan plan;
	int rc;

	if (names_read(ctl, &names, err) < 0 ||
	    plan_read(ctl, &plan, err) < 0 ||
	    (plan.organization != NULL &&
	    input_organization(ctl, plan.organization, err) < 0) ||
	    (plan.key != NULL &&
	    seal_load(ctl->conf->key_file, &plan.seal, err) < 0))
		return -1;
	rc = applications_create(ctl, &plan, &names, err);
	seal_free(&plan.seal);
	return rc;
}
