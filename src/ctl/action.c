/* SPDX-License-Identifier: ISC */
/* creelctl action: actions, which send commands to devices. */
#include <string.h>

#include "base/buf.h"
#include "base/jsn_write.h"
#include "ctl/ctl.h"
#include "hook/action_step.h"
#include "hook/action_url.h"
#include "hook/hook.h"
#include "http/http.h"
#include "resource/collection.h"

static int action_create(struct ctl *, struct err *);
static int action_url(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	{ "event-id", "TEXT", 0, "the event ID; default: nine digits", 0 },
	{ "timeout", "SECONDS", 0,
	    "time until its commands expire; default: 3600", 0 },
	{ "function", "FUNCTION", 0, "the command to send: LOAD_URL ...", 0 },
	{ "url", "URL", 0, "the URL for LOAD_URL", 0 },
	{ "data-source", "ID|GUID", 0, "for REFRESH_DATASOURCE", 0 },
	{ "all", NULL, 0, "send it to all devices", 0 },
	{ "device", "ID", OPTION_REPEATABLE, "send it to this device", 0 },
	{ "group", "ID", OPTION_REPEATABLE,
	    "send it to this group's devices", 0 },
	{ "tag", "TAG", OPTION_REPEATABLE,
	    "send it to devices with this tag", 0 },
	{ "steps", "JSON", 0,
	    "all steps as an array, instead of --function", 0 },
	OPTIONS_END
};

static const struct ctl_option url_options[] = {
	{ "key", "ID", OPTION_REQUIRED, "a sealed API key to put in it", 0 },
	{ "sensor-id", "TEXT", 0, "id of sensor_data", 0 },
	{ "sensor-event", "TEXT", 0, "event of sensor_data", 0 },
	{ "sensor-value", "TEXT", 0, "value of sensor_data", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "eventId", "EVENT ID", OUTPUT_CUT },
	{ "enabled", "ENABLED", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	COLUMNS_END
};

static const struct owned actions = {
	"action", OWNED_HOOK | OWNED_FOR_PEOPLE, SQL_CTL_ACTION_LIST,
	SQL_CTL_HOOK_DELETE, columns
};

const struct command action_commands[] = {
	{ "action create", NULL, create_options, 0, action_create, &actions,
	    "Create an action and print its ID and event ID." },
	{ "action list", NULL, owned_list_options, 0, owned_list, &actions,
	    "List the actions." },
	{ "action show", "ID|EVENT-ID", NULL, 0, owned_show, &actions,
	    "Show an action." },
	{ "action enable", "ID|EVENT-ID", NULL, 0, hook_enable, &actions,
	    "Enable an action." },
	{ "action disable", "ID|EVENT-ID", NULL, 0, hook_disable, &actions,
	    "Disable an action; callers see it as deleted." },
	{ "action delete", "ID|EVENT-ID", NULL, 0, owned_delete, &actions,
	    "Delete an action; its events remain." },
	{ "action url", "ID|EVENT-ID", url_options, 0, action_url, &actions,
	    "Print the URL that calls an action when opened." },
	COMMANDS_END
};

/* -- steps from options */

/* The options that make a step, and their members in its JSON. */
static const struct {
	const char *option;
	const char *member;
} target_options[] = {
	{ "device", "deviceIds" },
	{ "group", "deviceGroupIds" },
	{ "tag", "tags" },
	{ NULL, NULL }
};

static int
parameters_write(struct ctl *ctl, struct buf *out, struct err *err)
{
	const char *url = args_value(ctl, "url");
	const char *name = args_value(ctl, "data-source");
	struct found source;

	jsn_write_object(out, "parameters");
	if (url != NULL)
		jsn_write_string(out, "url", url);
	if (name != NULL) {
		if (input_hook(ctl, "datasource", name, &source, err) < 0)
			return -1;
		jsn_write_string(out, "dataSourceId", source.id);
	}
	jsn_write_end(out, '}');
	return 0;
}

static int
targets_write(struct ctl *ctl, struct buf *out, struct err *err)
{
	bool is_targeted = args_value(ctl, "all") != NULL;
	const char *const *values;
	size_t i;

	if (input_tags(ctl, err) < 0)
		return -1;
	jsn_write_object(out, "targets");
	if (is_targeted)
		jsn_write_bool(out, "allDevices", true);
	for (i = 0; target_options[i].option != NULL; i++) {
		values = args_values(ctl, target_options[i].option);
		if (*values == NULL)
			continue;
		is_targeted = true;
		input_write_texts(out, target_options[i].member, values);
	}
	jsn_write_end(out, '}');
	return is_targeted ? 0 : err_set(err, ERR_USAGE,
	    "--all, --device, --group or --tag: required");
}

/* Writes --steps, or the one step that the other options make. */
static int
steps_write(struct ctl *ctl, struct buf *out, struct err *err)
{
	const char *function = args_value(ctl, "function");
	const char *steps = args_value(ctl, "steps");

	if ((function == NULL) == (steps == NULL))
		return err_set(err, ERR_USAGE,
		    "either --function or --steps is required");
	if (steps != NULL) {
		jsn_write_json(out, "steps", steps, strlen(steps));
		return input_json("--steps", steps, err);
	}
	if (input_word("--function", action_functions, function, err) < 0)
		return -1;
	jsn_write_array(out, "steps");
	jsn_write_object(out, NULL);
	jsn_write_string(out, "function", function);
	if (parameters_write(ctl, out, err) < 0 ||
	    targets_write(ctl, out, err) < 0)
		return -1;
	jsn_write_end(out, '}');
	jsn_write_end(out, ']');
	return 0;
}

static int
settings_write(struct ctl *ctl, struct buf *out, struct err *err)
{
	const char *event_id = args_value(ctl, "event-id");
	const char *timeout = args_value(ctl, "timeout");
	int64_t seconds;

	jsn_write_object(out, NULL);
	if (event_id != NULL)
		jsn_write_string(out, "eventId", event_id);
	if (timeout != NULL) {
		if (input_integer("--timeout", timeout, 1,
		    ACTION_TIMEOUT_MAX, 0, &seconds, err) < 0)
			return -1;
		jsn_write_integer(out, "timeout", seconds);
	}
	if (steps_write(ctl, out, err) < 0)
		return -1;
	jsn_write_end(out, '}');
	return 0;
}

static int
settings_make(struct ctl *ctl, const char **out, struct err *err)
{
	struct buf b;
	int rc;

	buf_init(&b);
	rc = settings_write(ctl, &b, err);
	*out = arena_take(&ctl->arena, &b);
	return rc < 0 ? -1 : hook_settings_check("action", *out, true, err);
}

/* -- commands */

static int
action_store(struct ctl *ctl, const char *id, const char *settings,
    struct err *err)
{
	char event_id[HOOK_HANDLE_SIZE];
	const struct pg_value values[] = {
		PG_TEXT(args_value(ctl, "application")), PG_TEXT(id),
		PG_TEXT("false"), PG_TEXT(event_id),
		PG_TEXT(args_value(ctl, "name")),
		PG_TEXT(args_value(ctl, "description")), PG_NULL,
		PG_TEXT(settings), PG_TEXT("action")
	};
	struct pg_result *row = NULL;
	const char *json;
	int rc;

	hook_kind("action")->new_handle(event_id);
	if (pg_run(ctl->db, SQL_ACTION_CREATE, values, &row, err) < 0)
		return -1;
	rc = collection_read(&ctl->arena, row, "action", &json, err);
	pg_result_free(&row);
	return rc;
}

static int
action_create(struct ctl *ctl, struct err *err)
{
	static const char *const keys[] = { "id", "eventId", NULL };
	char id[ID_OBJECT_SIZE];
	const struct pg_value values[] = {
		PG_NULL, PG_TEXT(id), PG_TEXT(ctl->json ? "false" : "true")
	};
	const char *settings;

	id_object(id);
	if (input_texts(ctl, err) < 0 ||
	    input_application(ctl, args_value(ctl, "application"), err) < 0 ||
	    settings_make(ctl, &settings, err) < 0 ||
	    action_store(ctl, id, settings, err) < 0)
		return -1;
	return output_created(ctl, SQL_CTL_ACTION_LIST, values, keys, "action",
	    id, err);
}

/* -1 with ERR_NOT_FOUND unless the application has this API key. */
static int
key_exists(struct ctl *ctl, const char *application, const char *id,
    struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("key")
	};
	struct pg_result *row = NULL;

	if (input_row(ctl, SQL_CTL_KEY_LIST, values, "key", id, &row,
	    err) < 0)
		return -1;
	pg_result_free(&row);
	return 0;
}

/* Without public_url the URL is a path: no request has a Host header here. */
static int
action_url(struct ctl *ctl, struct err *err)
{
	struct found action;
	const char *rest, *secret, *text;
	struct action_url url = {
		.key = args_value(ctl, "key"),
		.sensor_id = args_value(ctl, "sensor-id"),
		.sensor_event = args_value(ctl, "sensor-event"),
		.sensor_value = args_value(ctl, "sensor-value")
	};

	if (owned_find(ctl, &action, err) < 0)
		return -1;
	url.application = action.application;
	url.action = action.id;
	if (key_exists(ctl, url.application, url.key, err) < 0 ||
	    action_url_prepare(&ctl->arena, ctl->db, &url,
	    ctl->conf->wallboard_query_limit, &rest, err) < 0 ||
	    key_show_again(ctl, url.application, url.key, &secret, err) < 0)
		return -1;
	text = action_url_make(&ctl->arena, http_public_url(&ctl->arena,
	    ctl->conf), secret, rest);
	output_done(ctl, "url", text, text);
	return 0;
}
