/* SPDX-License-Identifier: ISC */
/* Names and limits of the quotas of applications and organizations. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsn_write.h"
#include "base/quota.h"

const struct field quota_fields[] = {
#define QUOTA(id, name, min, max, help) FIELD_INTEGER(name, 0, min, max),
#include "base/quota.def"
#undef QUOTA
	FIELD_END
};

static const char names[] =
#define QUOTA(id, name, min, max, help) ", " name
#include "base/quota.def"
#undef QUOTA
    ;

const char *
quota_name(enum quota quota)
{
	return quota_fields[quota].name;
}

void
quota_read(const struct jsn *object, int64_t out[QUOTA__COUNT])
{
	size_t i;

	for (i = 0; i < QUOTA__COUNT; i++)
		if (!jsn_integer(jsn_get(object, quota_fields[i].name),
		    &out[i]))
			out[i] = QUOTA_NONE;
}

int
quota_parse(const char *text, struct buf *object, struct err *err)
{
	const char *value = strchr(text, '=');
	const struct field *field = quota_fields;
	intmax_t n;
	char *end;

	while (field->name != NULL && (value == NULL ||
	    strlen(field->name) != (size_t)(value - text) ||
	    strncmp(field->name, text, (size_t)(value - text)) != 0))
		field++;
	if (field->name == NULL)
		return err_set(err, ERR_USAGE, "--set: must be NAME=VALUE, "
		    "and NAME one of %s", names + strlen(", "));
	if (strcmp(++value, "none") == 0) {
		jsn_write_json(object, field->name, "null", 4);
		return 0;
	}
	errno = 0;
	n = strtoimax(value, &end, 10);
	if (strspn(value, "0123456789") == 0 || *end != '\0' || errno != 0 ||
	    n < field->min || n > field->max)
		return err_set(err, ERR_USAGE, "%s: must be a whole number "
		    "from %" PRId64 " to %" PRId64 ", or \"none\"",
		    field->name, field->min, field->max);
	value += strspn(value, "0") - (n == 0);	/* JSON has no 007 */
	jsn_write_json(object, field->name, value, strlen(value));
	return 0;
}
