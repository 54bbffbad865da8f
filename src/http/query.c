/* SPDX-License-Identifier: ISC */
/* Query parameters of Creel's own resources. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/timestamp.h"
#include "http/query.h"
#include "http/urlencoded.h"

const char *
query_text(struct req *req, const char *name)
{
	const char *value = urlencoded_get(req->arena, req->query, name);
	struct buf text;

	if (value == NULL || *value == '\0')
		return NULL;
	buf_init(&text);
	jsn_put_utf8(&text, value, strlen(value));
	return arena_take(req->arena, &text);
}

int
query_number(struct req *req, const char *name, int64_t min, int64_t max,
    int64_t *out, struct err *err)
{
	const char *text = query_text(req, name);

	if (text == NULL)
		return 0;
	errno = 0;
	*out = strtoll(text, NULL, 10);
	if (text[strspn(text, "0123456789")] != '\0' || errno != 0 ||
	    *out < min || *out > max)
		return err_set(err, ERR_BAD_REQUEST,
		    "%s: must be between %lld and %lld", name,
		    (long long)min, (long long)max);
	return 0;
}

int
query_timestamp(struct req *req, const char *name, const char **out,
    struct err *err)
{
	const char *wrong;

	*out = query_text(req, name);
	if (*out == NULL)
		return 0;
	wrong = timestamp_time_wrong(*out, strlen(*out));
	return wrong == NULL ? 0 : err_set(err, ERR_BAD_REQUEST, "%s: %s", name,
	    wrong);
}
