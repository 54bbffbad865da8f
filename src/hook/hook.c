/* SPDX-License-Identifier: ISC */
/* The kinds of hooks, their settings, and how a handle finds a hook. */
#include <string.h>

#include "auth/auth.h"
#include "auth/mask.h"
#include "db/cache.h"
#include "hook/action_step.h"
#include "hook/form_field.h"
#include "hook/hook.h"
#include "hook/label.h"
#include "hook/tenant.h"
#include "http/cors.h"

#define EVENT_DIGITS 9		/* of a generated event id */

static const struct field datasource_settings[] = {
	FIELD_BOOLEAN("acceptArrays", 0),
	FIELD_END
};

static int
origins_check(const struct jsn *value, struct err *err)
{
	return cors_check(value, "allowedOrigins", err);
}

/* Losant's properties that are not columns (wire/losant 1.2), and two of
 * Creel's own. */
static const struct field webhook_settings[] = {
	FIELD_INTEGER("responseCode", 0, 100, 599),
	FIELD_ENUM("verificationType", 0, "facebook fitbit none twilio alexa"),
	FIELD_STRING("verificationCode", 0, 0, 32767),
	FIELD_BOOLEAN("waitForReply", 0),
	FIELD_STRING("basicAuthUsername", 0, 0, 255),
	FIELD_STRING("basicAuthPassword", 0, 0, 255),
	FIELD_BOOLEAN("isWebsocket", 0),
	FIELD_ENUM("castBuffersAs", 0, "array binary utf8 base64 hex"),
	FIELD_BOOLEAN("annotateMultipart", 0),
	FIELD_CHECKED("allowedOrigins", 0, origins_check),
	FIELD_BOOLEAN("storeHead", 0),
	FIELD_END
};

static int
form_fields_check(const struct jsn *value, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct form_fields *fields;
	struct buf text;
	int rc;

	buf_init(&text);
	jsn_print(value, &text);
	rc = form_fields_parse(text.data, text.len, &arena, &fields, err);
	buf_release(&text);
	arena_release(&arena);
	return rc;
}

static int
time_zone_check(const struct jsn *value, struct err *err)
{
	const char *s = jsn_string(value);

	if (s == NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "timeZone is the wrong type");
	return form_is_time_zone(s) ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "timeZone: must be " FORM_UTC " or an offset such as +05:30, at "
	    "most 15:59");
}

/* appUsage lists where a form is offered; it accepts calls only if "Webhook" is
 * one of them (wire/quixy 4.1). */
static const struct field form_settings[] = {
	FIELD_CHECKED("fields", FIELD_REQUIRED, form_fields_check),
	FIELD_ENUMS("appUsage", 0, "Webhook Web Mobile"),
	FIELD_BOOLEAN("lenient", 0),
	FIELD_CHECKED("timeZone", 0, time_zone_check),
	FIELD_END
};

/* Calls name the action by its event id, which is stored as its handle
 * (ACTION_CREATE). */
static int
event_id_check(const struct jsn *value, struct err *err)
{
	const char *s = jsn_string(value);

	if (s == NULL)
		return err_set(err, ERR_BAD_REQUEST,
		    "eventId is the wrong type");
	return label_is(s, strlen(s)) ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "eventId: must be 1 to %d characters without control characters",
	    LABEL_MAX);
}

static const struct field action_settings[] = {
	FIELD_CHECKED("eventId", 0, event_id_check),
	FIELD_INTEGER("timeout", 0, 1, ACTION_TIMEOUT_MAX),
	FIELD_CHECKED("steps", FIELD_REQUIRED, action_steps_check),
	FIELD_END
};

/* Generates an id as the product does: wire/wallboard 5.2. */
static void
event_id_new(char out[HOOK_HANDLE_SIZE])
{
	unsigned char random[EVENT_DIGITS];
	size_t i;

	do {
		id_random(random, sizeof(random));
		for (i = 0; i < EVENT_DIGITS; i++)
			out[i] = (char)('0' + random[i] % 10);
	} while (out[0] == '0');
	out[EVENT_DIGITS] = '\0';
}

static void
form_key(char out[HOOK_HANDLE_SIZE])
{
	id_secret(18, out);
}

static void
webhook_token(char out[HOOK_HANDLE_SIZE])
{
	id_secret(MASK_TOKEN_BYTES, out);
}

const struct hook_kind hook_kinds[] = {
	{ "action", action_settings, event_id_new },
	{ "datasource", datasource_settings, id_guid },
	{ "form", form_settings, form_key },
	{ "webhook", webhook_settings, webhook_token },
	{ NULL, NULL, NULL }
};

const struct hook_kind *
hook_kind(const char *name)
{
	const struct hook_kind *kind = hook_kinds;

	while (kind->name != NULL && strcmp(kind->name, name) != 0)
		kind++;
	return kind->name == NULL ? NULL : kind;
}

/* The columns of ADDRESS_FIND. */
enum address_column {
	ADDRESS_APPLICATION,
	ADDRESS_HOOK,
	ADDRESS_SETTINGS,
	ADDRESS_ENABLED
};

/* Sets *out to the hook with this handle, or NULL. */
static int
hook_load(struct req *req, const char *kind, const char *handle,
    struct hook **out, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(kind), PG_TEXT(handle) };
	struct cache_row row;
	struct hook *hook;

	*out = NULL;
	if (cache_lookup(req->services->cache, req->db, SQL_ADDRESS_FIND,
	    values, req->remote, req->arena, &row, err) < 0)
		return -1;
	if (!row.found)
		return 0;
	*out = hook = arena_alloc(req->arena, sizeof(*hook));
	hook->application = row.columns[ADDRESS_APPLICATION];
	hook->id = row.columns[ADDRESS_HOOK];
	hook->settings = row.columns[ADDRESS_SETTINGS];
	hook->enabled = strcmp(row.columns[ADDRESS_ENABLED], "true") == 0;
	return 0;
}

/* Checks that the principal may use the hook, which may be NULL. */
static int
check_reach(struct req *req, const struct hook *hook, struct err *err)
{
	const struct principal *principal = req->principal;
	int rc = hook == NULL || !hook->enabled ? 0 :
	    application_reaches(req, hook->application, err);

	/* A hook of another application must look like one that does not
	 * exist. */
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "Hook was not found");
	if (rc > 0 && principal->hooks != NULL &&
	    !auth_lists(principal->hooks, hook->id))
		return err_set(err, ERR_FORBIDDEN,
		    "the credential has no access to this hook");
	return rc < 0 ? -1 : 0;
}

int
hook_find(struct req *req, const char *kind, const char *handle,
    struct err *err)
{
	struct hook *hook;

	if (hook_load(req, kind, handle, &hook, err) < 0 ||
	    check_reach(req, hook, err) < 0)
		return -1;
	req->hook = hook;
	return 0;
}

int
hook_open(struct req *req, const char *kind, const char *handle,
    struct err *err)
{
	struct principal *principal;
	struct hook *hook;

	if (hook_load(req, kind, handle, &hook, err) < 0)
		return -1;
	if (hook == NULL)
		return err_set(err, ERR_NOT_FOUND, "Hook was not found");
	principal = arena_alloc(req->arena, sizeof(*principal));
	principal->name = arena_printf(req->arena, "hook:%s", hook->id);
	principal->applications = arena_printf(req->arena, "{%s}",
	    hook->application);
	req->principal = principal;
	req->hook = hook;
	return 0;
}
