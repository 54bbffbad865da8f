/* SPDX-License-Identifier: ISC */
/* Checks and converts arguments and options, and finds what they name. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/scope.h"
#include "base/buf.h"
#include "base/field.h"
#include "base/ids.h"
#include "base/jsn.h"
#include "base/jsn_write.h"
#include "base/timestamp.h"
#include "ctl/ctl.h"
#include "hook/label.h"

int
input_length(const char *what, const char *s, size_t max, struct err *err)
{
	size_t n = jsn_points(s, strlen(s));

	if (n >= 1 && n <= max)
		return 0;
	return err_set(err, ERR_USAGE, "%s: must be 1 to %zu characters, "
	    "not %zu",
	    what, max, n);
}

int
input_integer(const char *what, const char *s, int64_t min, int64_t max,
    int64_t fallback, int64_t *out, struct err *err)
{
	char *end;
	long long n;

	*out = fallback;
	if (s == NULL)
		return 0;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (end == s || *end != '\0' || errno != 0 || n < min || n > max)
		return err_set(err, ERR_USAGE, "%s: must be between %lld and "
		    "%lld, not \"%s\"", what, (long long)min, (long long)max,
		    s);
	*out = n;
	return 0;
}

const char *
input_integer_text(struct ctl *ctl, int64_t n)
{
	return arena_printf(&ctl->arena, "%lld", (long long)n);
}

int
input_days(const char *what, const char *s, struct err *err)
{
	int64_t days;

	if (s != NULL && strcmp(s, "default") == 0)
		return 0;
	if (input_integer(what, s, 0, 36600, 0, &days, err) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "%s: must be between 0 and 36600, or "
	    "\"default\", not \"%s\"", what, s);
}

int
input_word(const char *what, const char *words, const char *s,
    struct err *err)
{
	size_t n = strlen(words);

	if (s == NULL || field_has_word(words, s))
		return 0;
	while (n > 0 && words[n - 1] == ' ')
		n--;
	return err_set(err, ERR_USAGE, "%s: must be one of %.*s, not \"%s\"",
	    what, (int)n, words, s);
}

int
input_tags(struct ctl *ctl, struct err *err)
{
	const char *const *tag = args_values(ctl, "tag");

	for (; *tag != NULL; tag++)
		if (!label_is(*tag, strlen(*tag)))
			return err_set(err, ERR_USAGE, "--tag: must be 1 to "
			    "%d characters, no control characters",
			    LABEL_MAX);
	return 0;
}

/* Reads "+30d" as seconds from now; false if it is not of that form. */
static bool
offset_parse(const char *s, long long *out)
{
	static const struct {
		char letter;
		int seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 }
	};
	char *end;
	long long n;
	size_t i;

	if ((s[0] != '+' && s[0] != '-') || !isdigit((unsigned char)s[1]))
		return false;
	n = strtoll(s, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end[0] == units[i].letter && end[1] == '\0') {
			*out = n * units[i].seconds;
			return n > -1000000 && n < 1000000;
		}
	return false;
}

int
input_time(struct ctl *ctl, const char *what, const char *s, const char **out,
    struct err *err)
{
	char text[32];
	long long offset;
	struct tm tm;
	time_t at;

	*out = s;
	if (s == NULL)
		return 0;
	if (offset_parse(s, &offset)) {
		at = time(NULL) + (time_t)offset;
		gmtime_r(&at, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		*out = arena_strdup(&ctl->arena, text);
		return 0;
	}
	if (strchr(s, 'T') == NULL)
		*out = arena_printf(&ctl->arena, "%sT00:00:00Z", s);
	if (timestamp_time_wrong(*out, strlen(*out)) == NULL)
		return 0;
	return err_set(err, ERR_USAGE, "%s: must be a time such as "
	    "2030-01-31, 2030-01-31T12:00:00Z, +30d or -1h, not \"%s\"", what,
	    s);
}

int
input_scopes(struct ctl *ctl, const char *fallback, const char **out,
    struct err *err)
{
	const char *const *scope = args_values(ctl, "scope");
	const char *list = NULL;

	for (; *scope != NULL; scope++) {
		if (scope_parse(*scope) == 0)
			return err_set(err, ERR_USAGE, "--scope: no "
			    "scope \"%s\"; see SCOPES in creel-api(7)",
			    *scope);
		list = list == NULL ? *scope : arena_printf(&ctl->arena,
		    "%s %s", list, *scope);
	}
	*out = list == NULL ? fallback : list;
	return 0;
}

int
input_texts(const struct ctl *ctl, struct err *err)
{
	const char *name = args_value(ctl, "name");
	const char *description = args_value(ctl, "description");

	if (name != NULL && input_length("--name", name, 255, err) < 0)
		return -1;
	return description == NULL || description[0] == '\0' ? 0 :
	    input_length("--description", description, 32767, err);
}

int
input_json(const char *option, const char *text, struct err *err)
{
	struct jsn_scan scan;

	if (text == NULL || jsn_scan(text, strlen(text), JSN_TREE_DEPTH,
	    &scan, err) == 0)
		return 0;
	return err_prefix(err, "%s", option);
}

void
input_write_texts(struct buf *out, const char *member,
    const char *const *values)
{
	jsn_write_array(out, member);
	for (; *values != NULL; values++)
		jsn_write_string(out, NULL, *values);
	jsn_write_end(out, ']');
}

int
input_row(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    const char *what, const char *id, struct pg_result **out, struct err *err)
{
	if (pg_run(ctl->db, sql, values, out, err) < 0)
		return -1;
	if (pg_rows(*out) > 0)
		return 0;
	pg_result_free(out);
	return err_set(err, ERR_NOT_FOUND, "no %s \"%s\"", what, id);
}

static int
tenant_check(struct ctl *ctl, enum sql_id sql, const char *what,
    const char *id, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(id) };
	struct pg_result *row = NULL;

	if (input_row(ctl, sql, values, what, id, &row, err) < 0)
		return -1;
	pg_result_free(&row);
	return 0;
}

int
input_application(struct ctl *ctl, const char *id, struct err *err)
{
	return tenant_check(ctl, SQL_CTL_APPLICATION_FIND, "application", id,
	    err);
}

int
input_organization(struct ctl *ctl, const char *id, struct err *err)
{
	return tenant_check(ctl, SQL_CTL_ORGANIZATION_LIST, "organization", id,
	    err);
}

int
input_found(struct ctl *ctl, const struct pg_result *rows, struct found *out,
    struct err *err)
{
	const char *text = pg_text(rows, 0, 0);
	struct jsn *object = NULL;

	if (jsn_parse(text, strlen(text), &object, err) < 0)
		return -1;
	out->application = arena_strdup(&ctl->arena,
	    jsn_string(jsn_get(object, "applicationId")));
	out->id = arena_strdup(&ctl->arena, jsn_string(jsn_get(object, "id")));
	jsn_free(&object);
	return 0;
}

int
input_hook(struct ctl *ctl, const char *kind, const char *id_or_handle,
    struct found *out, struct err *err)
{
	struct pg_value values[] = {
		PG_NULL, PG_TEXT(id_or_handle), PG_TEXT(kind)
	};
	struct pg_result *rows = NULL;
	char guid[ID_UUID_SIZE];
	int rc;

	/* The event id of an action may be any text: it is used as given, and
	 * is a handle for the commands of actions only. */
	if ((kind == NULL || strcmp(kind, "action") != 0) &&
	    id_parse_guid(id_or_handle, guid))
		values[1].data = guid;
	if (input_row(ctl, SQL_CTL_HOOK_LIST, values, kind == NULL ? "hook" :
	    kind, id_or_handle, &rows, err) < 0)
		return -1;
	if (pg_rows(rows) > 1)
		rc = err_set(err, ERR_CONFLICT, "\"%s\": the handle of %zu "
		    "hooks, use the id", id_or_handle, pg_rows(rows));
	else
		rc = input_found(ctl, rows, out, err);
	pg_result_free(&rows);
	return rc;
}
