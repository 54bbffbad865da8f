/* SPDX-License-Identifier: ISC */
/* Cross-origin requests: compares origins, and sets the headers for them. */
#include <string.h>

#include "base/word.h"
#include "http/cors.h"

#define ALL "*"
#define MAX_AGE "600"		/* seconds for which a preflight is valid */
#define ALLOW_ORIGIN "Access-Control-Allow-Origin"

/* -- lists */

/* Returns whether s is a host and port, with a scheme or without. */
static bool
is_origin(const char *s)
{
	static const char scheme[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
	const char *mark = strstr(s, "://");

	if (strlen(s) > CORS_ORIGIN_MAX)
		return false;
	if (mark == NULL)
		return http_is_authority(s);
	return mark > s && strspn(s, scheme) == (size_t)(mark - s) &&
	    http_is_authority(mark + 3);
}

int
cors_check(const struct jsn *value, const char *name, struct err *err)
{
	const char *text = jsn_string(value);
	size_t n = jsn_length(value), i;
	bool valid = n <= CORS_ORIGINS_MAX;

	if (text == NULL && jsn_type(value) != JSN_ARRAY)
		return err_set(err, ERR_BAD_REQUEST, "%s is the wrong type",
		    name);
	if (text != NULL)
		valid = strcmp(text, ALL) == 0;
	for (i = 0; valid && text == NULL && i < n; i++)
		valid = jsn_string(jsn_at(value, i)) != NULL &&
		    is_origin(jsn_string(jsn_at(value, i)));
	return valid ? 0 : err_set(err, ERR_BAD_REQUEST, "%s: must be \"*\" or "
	    "an array of at most %d origins, such as https://app.example, or "
	    "names of CloudEvents senders", name, CORS_ORIGINS_MAX);
}

const char *
cors_read(const struct jsn *value, struct arena *arena)
{
	const char *text = jsn_string(value);
	struct buf out;
	size_t i;

	if (text != NULL)
		return arena_strdup(arena, text);
	if (jsn_type(value) != JSN_ARRAY)
		return "";
	buf_init(&out);
	for (i = 0; i < jsn_length(value); i++)
		buf_printf(&out, "%s%s", i == 0 ? "" : " ",
		    jsn_string(jsn_at(value, i)));
	return arena_take(arena, &out);
}

const char *
cors_match(const char *origins, const char *origin)
{
	size_t n;

	if (origins == NULL)
		return NULL;
	if (strcmp(origins, ALL) == 0)
		return ALL;
	for (; *origins != '\0'; origins += n) {
		origins += strspn(origins, " ");
		n = strcspn(origins, " ");
		if (n > 0 && word_is(origins, n, origin))
			return origin;
	}
	return NULL;
}

/* -- responses */

void
cors_respond(const struct req *req, const char *origins, struct resp *resp)
{
	const char *origin = http_header(req, "origin", NULL), *match;

	/* A reply to a webhook may have set its own. */
	if (origins == NULL || *origins == '\0' ||
	    http_get(resp, ALLOW_ORIGIN) != NULL)
		return;
	if (strcmp(origins, ALL) != 0)
		http_set(resp, "Vary", "Origin");
	if (origin == NULL || (match = cors_match(origins, origin)) == NULL)
		return;
	http_set(resp, ALLOW_ORIGIN, match);
	http_set(resp, "Access-Control-Expose-Headers",
	    "Creel-Event, Idempotency-Replayed");
}

/* Returns the headers that a preflight asks for; NULL if it asks for none, or
 * not for a list of names. */
static const char *
headers_asked(const struct req *req)
{
	const char *names = http_header(req, "access-control-request-headers",
	    NULL);

	return names == NULL || names[strspn(names, HTTP_TOKEN ", \t")] != '\0'
	    ? NULL : names;
}

void
cors_preflight(const struct req *req, const char *origins, const char *allow,
    struct resp *resp)
{
	const char *headers = headers_asked(req);

	cors_respond(req, origins, resp);
	if (http_get(resp, ALLOW_ORIGIN) == NULL || http_header(req,
	    "access-control-request-method", NULL) == NULL)
		return;
	http_set(resp, "Access-Control-Allow-Methods", allow);
	if (headers != NULL && *headers != '\0')
		http_set(resp, "Access-Control-Allow-Headers", headers);
	http_set(resp, "Access-Control-Max-Age", MAX_AGE);
}
