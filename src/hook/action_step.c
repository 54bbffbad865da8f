/* SPDX-License-Identifier: ISC */
/* Checks the steps of an action: functions, their parameters and targets. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/field.h"
#include "base/ids.h"
#include "hook/action_step.h"
#include "hook/label.h"
#include "http/url.h"

static int
url_check(const struct jsn *value, struct err *err)
{
	const char *s = jsn_string(value);

	if (s == NULL || jsn_points(s, strlen(s)) > ACTION_URL_MAX)
		return err_set(err, ERR_BAD_REQUEST, s == NULL ?
		    "url is the wrong type" :
		    "url has longer length than allowed");
	return url_is_http(s) ? 0 : err_set(err, ERR_BAD_REQUEST,
	    "url: must be an http or https URL");
}

static int
datasource_check(const struct jsn *value, struct err *err)
{
	const char *s = jsn_string(value);

	return s != NULL && id_is_object(s) ? 0 : err_set(err,
	    ERR_BAD_REQUEST, "dataSourceId: must be 24 hex digits");
}

static const struct field no_parameters[] = { FIELD_END };

static const struct field url_parameters[] = {
	FIELD_CHECKED("url", FIELD_REQUIRED, url_check),
	FIELD_END
};

static const struct field datasource_parameters[] = {
	FIELD_CHECKED("dataSourceId", FIELD_REQUIRED, datasource_check),
	FIELD_END
};

/* The functions and their parameters, in the order of the product's page. */
#define FUNCTIONS \
	FUNCTION("LOAD_URL", url_parameters) \
	FUNCTION("ENABLE_EMERGENCY", no_parameters) \
	FUNCTION("DISABLE_EMERGENCY", no_parameters) \
	FUNCTION("REFRESH_DATASOURCE", datasource_parameters) \
	FUNCTION("PAUSE_LOOP", no_parameters) \
	FUNCTION("RESUME_LOOP", no_parameters) \
	FUNCTION("SEND_SENSOR_EVENT_DATA", no_parameters) \
	FUNCTION("REFRESH_CONTENT", no_parameters) \
	FUNCTION("RESTART_DEVICE", no_parameters)

static const struct function {
	const char *name;
	const struct field *parameters;
} functions[] = {
#define FUNCTION(name, parameters) { name, parameters },
	FUNCTIONS
#undef FUNCTION
	{ NULL, NULL }
};

const char action_functions[] =
#define FUNCTION(name, parameters) name " "
    FUNCTIONS
#undef FUNCTION
    ;

/* -- the targets of a step */

static bool
is_tag(const char *s)
{
	return label_is(s, strlen(s));
}

/* The lists of targets, and the check of each string in them. */
static const struct {
	const char *name;
	bool (*is_valid)(const char *);
	const char *wrong;
} target_lists[] = {
	{ "deviceIds", id_is_object, "each must be 24 hex digits" },
	{ "deviceGroupIds", id_is_object, "each must be 24 hex digits" },
	{ "tags", is_tag, "must not contain control characters" },
	{ NULL, NULL, NULL }
};

static const struct field target_fields[] = {
	FIELD_BOOLEAN("allDevices", 0),
	FIELD_STRINGS("deviceIds", 0, 1, ID_OBJECT_SIZE - 1),
	FIELD_STRINGS("deviceGroupIds", 0, 1, ID_OBJECT_SIZE - 1),
	FIELD_STRINGS("tags", 0, 1, LABEL_MAX),
	FIELD_END
};

static int
targets_check(const struct jsn *targets, struct err *err)
{
	size_t i, j, n = 0;
	bool all;

	if (jsn_type(targets) != JSN_OBJECT)
		return err_set(err, ERR_BAD_REQUEST,
		    "targets is the wrong type");
	if (field_check(targets, target_fields, err) < 0)
		return err_prefix(err, "targets");
	all = jsn_is_true(jsn_get(targets, "allDevices"));
	for (i = 0; target_lists[i].name != NULL; i++) {
		const struct jsn *list = jsn_get(targets,
		    target_lists[i].name);

		n += jsn_length(list);
		for (j = 0; j < jsn_length(list); j++)
			if (!target_lists[i].is_valid(jsn_string(jsn_at(list,
			    j))))
				return err_set(err, ERR_BAD_REQUEST,
				    "targets: %s: %s", target_lists[i].name,
				    target_lists[i].wrong);
	}
	if (all == (n > 0))
		return err_set(err, ERR_BAD_REQUEST, all ?
		    "targets: allDevices excludes all other targets" :
		    "targets: must not be empty");
	return 0;
}

/* -- a step */

/* parameters_check() checks the members, which depend on the function. */
static int
object_check(const struct jsn *value, struct err *err)
{
	return jsn_type(value) == JSN_OBJECT ? 0 : err_set(err,
	    ERR_BAD_REQUEST, "parameters is the wrong type");
}

static const struct field step_fields[] = {
	FIELD_ENUM("function", FIELD_REQUIRED, action_functions),
	FIELD_CHECKED("parameters", 0, object_check),
	FIELD_CHECKED("targets", FIELD_REQUIRED, targets_check),
	FIELD_END
};

static int
parameters_check(const struct jsn *step, struct err *err)
{
	const struct jsn *parameters = jsn_get(step, "parameters");
	const char *name = jsn_string(jsn_get(step, "function"));
	const struct function *f = functions;

	while (strcmp(f->name, name) != 0)
		f++;
	if (parameters == NULL && f->parameters->type != FIELD_TYPE_END)
		return err_set(err, ERR_BAD_REQUEST, "parameters is required");
	if (parameters == NULL ||
	    field_check(parameters, f->parameters, err) == 0)
		return 0;
	return err_prefix(err, "parameters of %s", name);
}

int
action_steps_check(const struct jsn *steps, struct err *err)
{
	size_t i, n = jsn_length(steps);

	if (jsn_type(steps) != JSN_ARRAY)
		return err_set(err, ERR_BAD_REQUEST,
		    "steps is the wrong type");
	if (n == 0 || n > ACTION_STEPS_MAX)
		return err_set(err, ERR_BAD_REQUEST,
		    "steps: must have between 1 and %d elements",
		    ACTION_STEPS_MAX);
	for (i = 0; i < n; i++) {
		const struct jsn *step = jsn_at(steps, i);

		if (jsn_type(step) != JSN_OBJECT)
			return err_set(err, ERR_BAD_REQUEST,
			    "steps[%zu] is the wrong type", i);
		if (field_check(step, step_fields, err) < 0 ||
		    parameters_check(step, err) < 0)
			return err_prefix(err, "steps[%zu]", i);
	}
	return 0;
}
