/* SPDX-License-Identifier: ISC */
/* Checks JSON objects against field tables. */
#include <string.h>

#include "base/field.h"
#include "base/timestamp.h"

/* Each check returns the problem with a value, or NULL. */

static const char *
limits_check(int64_t n, const struct field *f, const char *less,
    const char *more)
{
	if (n < f->min)
		return less;
	return n > f->max ? more : NULL;
}

static const char *
string_check(const struct jsn *value, const struct field *f)
{
	const char *s = jsn_string(value);

	if (s == NULL)
		return "is the wrong type";
	return limits_check((int64_t)jsn_points(s, strlen(s)), f,
	    "has less length than allowed", "has longer length than allowed");
}

static const char *
integer_check(const struct jsn *value, const struct field *f)
{
	int64_t n;

	if (!jsn_integer(value, &n))
		return "is the wrong type";
	return limits_check(n, f, "is less than minimum",
	    "is more than maximum");
}

static const char *
boolean_check(const struct jsn *value, const struct field *f)
{
	(void)f;
	return jsn_type(value) == JSN_BOOLEAN ? NULL : "is the wrong type";
}

bool
field_has_word(const char *words, const char *s)
{
	size_t n;

	for (; *words != '\0'; words += n + strspn(words + n, " ")) {
		n = strcspn(words, " ");
		if (strlen(s) == n && memcmp(words, s, n) == 0)
			return true;
	}
	return false;
}

static const char *
enum_check(const struct jsn *value, const struct field *f)
{
	const char *s = jsn_string(value);

	if (s == NULL)
		return "is the wrong type";
	return field_has_word(f->words, s) ? NULL : "must be an enum value";
}

static const char *
time_check(const struct jsn *value, const struct field *f)
{
	const char *s = jsn_string(value);

	(void)f;
	if (s == NULL)
		return "is the wrong type";
	return timestamp_time_wrong(s, strlen(s)) == NULL ? NULL :
	    "must be date-time format";
}

/* Returns whether an array's item i equals an earlier one. */
static bool
is_duplicate(const struct jsn *array, size_t i)
{
	const char *s = jsn_string(jsn_at(array, i));
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(jsn_string(jsn_at(array, j)), s) == 0)
			return true;
	return false;
}

static const char *
strings_check(const struct jsn *value, const struct field *f)
{
	const char *wrong = NULL;
	size_t i;

	if (jsn_type(value) != JSN_ARRAY)
		return "is the wrong type";
	if (jsn_length(value) > FIELD_ITEMS_MAX)
		return "has more items than allowed";
	for (i = 0; i < jsn_length(value) && wrong == NULL; i++) {
		wrong = f->words == NULL ? string_check(jsn_at(value, i), f) :
		    enum_check(jsn_at(value, i), f);
		if (wrong == NULL && is_duplicate(value, i))
			wrong = "must be unique";
	}
	return wrong;
}

static const char *(*const checks[])(const struct jsn *,
    const struct field *) = {
	[FIELD_TYPE_STRING] = string_check,
	[FIELD_TYPE_INTEGER] = integer_check,
	[FIELD_TYPE_BOOLEAN] = boolean_check,
	[FIELD_TYPE_ENUM] = enum_check,
	[FIELD_TYPE_TIME] = time_check,
	[FIELD_TYPE_STRINGS] = strings_check
};

/* Implements jsn_each()'s fn: returns 1 if no row of the table (ctx) has this
 * name. */
static int
is_unknown(const char *name, const struct jsn *value, void *ctx)
{
	const struct field *f;

	(void)value;
	for (f = ctx; f->type != FIELD_TYPE_END; f++)
		if (strcmp(f->name, name) == 0)
			return 0;
	return 1;
}

static int
value_check(const struct jsn *value, const struct field *f, struct err *err)
{
	const char *wrong = NULL;

	if (value == NULL)
		wrong = f->flags & FIELD_REQUIRED ? "is required" : NULL;
	else if (f->type == FIELD_TYPE_CHECKED)
		return f->check(value, err);
	else
		wrong = checks[f->type](value, f);
	return wrong == NULL ? 0 : err_set(err, ERR_BAD_REQUEST, "%s %s",
	    f->name, wrong);
}

int
field_check(const struct jsn *j, const struct field *fields, struct err *err)
{
	const struct field *f;

	if (jsn_type(j) != JSN_OBJECT)
		return err_set(err, ERR_BAD_REQUEST, "body is the wrong type");
	for (f = fields; f->type != FIELD_TYPE_END; f++)
		if (value_check(jsn_get(j, f->name), f, err) < 0)
			return -1;
	if (jsn_each(j, is_unknown, (void *)(uintptr_t)fields) != 0)
		return err_set(err, ERR_BAD_REQUEST,
		    "body has additional properties");
	return 0;
}

const struct field *
field_optional(struct arena *arena, const struct field *fields)
{
	struct field *copy;
	size_t n = 0, i;

	while (fields[n].type != FIELD_TYPE_END)
		n++;
	copy = arena_alloc(arena, (n + 1) * sizeof(*copy));
	memcpy(copy, fields, (n + 1) * sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i].flags &= ~(unsigned)FIELD_REQUIRED;
	return copy;
}
