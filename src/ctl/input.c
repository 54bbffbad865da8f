/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/scope.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/jsn.h"
#include "base/timestamp.h"
#include "ctl/ctl.h"

int
input_length(const char *what, const char *s, size_t max, struct err *err)
{
	size_t n = jsn_points(s, strlen(s));

	if (n >= 1 && n <= max)
		return 0;
	return err_set(err, ERR_USAGE, "%s: 1 to %zu characters, not %zu",
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
		return err_set(err, ERR_USAGE, "%s: \"%s\" is not a whole "
		    "number from %lld to %lld", what, s, (long long)min,
		    (long long)max);
	*out = n;
	return 0;
}

/* "+30d": seconds from now; false if it does not look so. */
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
	return err_set(err, ERR_USAGE, "%s: \"%s\" is not a time; write "
	    "2030-01-31, 2030-01-31T12:00:00Z, +30d or -1h", what, s);
}

/* Every right there is, by its own name. */
static const char scope_names[] =
#define SCOPE(name, text, reads) " " text
#include "auth/scope.def"
#undef SCOPE
    ;

int
input_scopes(struct ctl *ctl, const char *separator, const char *fallback,
    const char **out, struct err *err)
{
	const char *const *scope = args_values(ctl, "scope");
	const char *list = NULL;

	for (; *scope != NULL; scope++) {
		if (scope_parse(*scope) == 0)
			return err_set(err, ERR_USAGE, "--scope: no \"%s\"; "
			    "there are%s, and groups: datasource.* and the "
			    "like, all.Application, all.Application.read",
			    *scope, scope_names);
		list = list == NULL ? *scope : arena_printf(&ctl->arena,
		    "%s%s%s", list, separator, *scope);
	}
	*out = list == NULL ? fallback : list;
	return 0;
}

int
input_hook(struct ctl *ctl, const char *kind, const char *id_or_handle,
    struct found_hook *out, struct err *err)
{
	struct pg_value values[] = {
		PG_NULL, PG_TEXT(id_or_handle), PG_TEXT(kind)
	};
	struct pg_result *res = NULL;
	char guid[ID_UUID_SIZE];
	struct jsn *hook = NULL;
	int rc = -1;

	/* An event id is any text, and stays as it is; it is no handle but
	 * where actions are meant. */
	if ((kind == NULL || strcmp(kind, "action") != 0) &&
	    id_parse_guid(id_or_handle, guid))
		values[1].data = guid;
	if (pg_run(ctl->db, SQL_CTL_HOOK_LIST, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0) {
		err_set(err, ERR_NOT_FOUND, "no %s \"%s\"",
		    kind == NULL ? "hook" : kind, id_or_handle);
		goto out;
	}
	if (pg_rows(res) > 1) {
		err_set(err, ERR_CONFLICT, "\"%s\": the handle of %zu hooks; "
		    "name it by its id", id_or_handle, pg_rows(res));
		goto out;
	}
	if (jsn_parse(pg_text(res, 0, 0), strlen(pg_text(res, 0, 0)), &hook,
	    err) < 0)
		goto out;
	out->application = arena_strdup(&ctl->arena,
	    jsn_string(jsn_get(hook, "applicationId")));
	out->id = arena_strdup(&ctl->arena, jsn_string(jsn_get(hook, "id")));
	rc = 0;
out:
	jsn_free(&hook);
	pg_result_free(&res);
	return rc;
}

static int
row_needed(struct ctl *ctl, enum sql_id sql, const char *what, const char *id,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(id) };
	struct pg_result *res = NULL;
	int rc = 0;

	if (pg_run(ctl->db, sql, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no %s \"%s\"", what, id);
	pg_result_free(&res);
	return rc;
}

int
input_application(struct ctl *ctl, const char *id, struct err *err)
{
	return row_needed(ctl, SQL_CTL_APPLICATION_LIST, "application", id,
	    err);
}

int
input_organization(struct ctl *ctl, const char *id, struct err *err)
{
	return row_needed(ctl, SQL_CTL_ORGANIZATION_LIST, "organization", id,
	    err);
}

int
input_owner(struct ctl *ctl, enum sql_id sql, const char *what,
    const char **out, struct err *err)
{
	const struct pg_value values[] = {
		PG_NULL, PG_TEXT(ctl->argument), PG_TEXT(what), PG_NULL,
		PG_NULL
	};
	struct pg_result *res = NULL;
	struct jsn *object = NULL;
	int rc = -1;

	if (pg_run(ctl->db, sql, values, &res, err) < 0)
		return -1;
	if (pg_rows(res) == 0)
		err_set(err, ERR_NOT_FOUND, "no %s \"%s\"", what,
		    ctl->argument);
	else
		rc = jsn_parse(pg_text(res, 0, 0), strlen(pg_text(res, 0, 0)),
		    &object, err);
	if (rc == 0)
		*out = arena_strdup(&ctl->arena,
		    jsn_string(jsn_get(object, "applicationId")));
	jsn_free(&object);
	pg_result_free(&res);
	return rc;
}
