/* SPDX-License-Identifier: ISC */
/* creelctl group: devices that are addressed together. */
#include "base/ids.h"
#include "ctl/ctl.h"
#include "db/array.h"
#include "resource/collection.h"

static int group_create(struct ctl *, struct err *);
static int group_list(struct ctl *, struct err *);
static int group_show(struct ctl *, struct err *);
static int group_add(struct ctl *, struct err *);
static int group_remove(struct ctl *, struct err *);
static int group_delete(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose it is", 0 },
	{ "name", "NAME", OPTION_REQUIRED, "what people call it", 0 },
	{ "description", "TEXT", 0, "more about it", 0 },
	{ "device", "ID", OPTION_REPEATABLE, "a device in it", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option list_options[] = {
	{ "application", "ID", 0, "only this one's", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option device_options[] = {
	{ "device", "ID", OPTION_REQUIRED | OPTION_REPEATABLE, "which", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command group_commands[] = {
	{ "group create", NULL, create_options, 0, group_create,
	    "Make a group of devices." },
	{ "group list", NULL, list_options, 0, group_list,
	    "List the groups of devices." },
	{ "group show", "ID", NULL, 0, group_show,
	    "Show a group; device list --group tells which are in it." },
	{ "group add", "ID", device_options, 0, group_add,
	    "Add devices to a group." },
	{ "group remove", "ID", device_options, 0, group_remove,
	    "Take devices out of a group." },
	{ "group delete", "ID", NULL, 0, group_delete,
	    "Delete a group; its devices stay." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "applicationId", "APPLICATION" },
	{ "devices", "DEVICES" },
	{ "createdAt", "CREATED" },
	{ "name", "NAME" },
	{ NULL, NULL }
};

/* The devices that were named, as an array's text. */
static const char *
devices_read(struct ctl *ctl)
{
	const char *const *ids = args_values(ctl, "device");
	size_t n = 0;

	while (ids[n] != NULL)
		n++;
	return array_texts(&ctl->arena, ids, n);
}

/* Runs a statement that may refuse a device. */
static int
store(struct ctl *ctl, enum sql_id sql, const struct pg_value *values,
    struct err *err)
{
	struct pg_result *res = NULL;
	const char *json;
	int rc;

	if (pg_run(ctl->db, sql, values, &res, err) < 0)
		return -1;
	rc = collection_read(&ctl->arena, res, "Device Group", &json, err);
	pg_result_free(&res);
	return rc;
}

static int
group_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *name = args_value(ctl, "name");
	const char *description = args_value(ctl, "description");
	char id[ID_OBJECT_SIZE];

	if (input_length("--name", name, 255, err) < 0 ||
	    (description != NULL && description[0] != '\0' &&
	    input_length("--description", description, 32767, err) < 0) ||
	    input_application(ctl, application, err) < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("false"),
		PG_TEXT(name), PG_TEXT(description),
		PG_TEXT(devices_read(ctl))
	};
	if (store(ctl, SQL_GROUP_CREATE, values, err) < 0)
		return -1;
	output_done(ctl, "id", id, id);
	return 0;
}

static int
group_list(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const struct pg_value values[] = { PG_TEXT(application), PG_NULL,
	    PG_TEXT("group") };

	if (application != NULL &&
	    input_application(ctl, application, err) < 0)
		return -1;
	return output_all(ctl, SQL_CTL_GROUP_LIST, values, columns,
	    "no groups yet", err);
}

static int
group_show(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = { PG_NULL, PG_TEXT(ctl->argument),
	    PG_TEXT("group") };

	return output_show(ctl, SQL_CTL_GROUP_LIST, values, "group",
	    ctl->argument, err);
}

/* Adds devices, or takes them out. */
static int
change(struct ctl *ctl, const char *add, const char *gone, const char *done,
    struct err *err)
{
	const char *application;

	if (input_owner(ctl, SQL_CTL_GROUP_LIST, "group", &application,
	    err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(ctl->argument), PG_TEXT("false"),
		PG_NULL, PG_NULL, PG_NULL, PG_TEXT(add), PG_TEXT(gone)
	};
	if (store(ctl, SQL_GROUP_PATCH, values, err) < 0)
		return -1;
	output_done(ctl, done, ctl->argument, done);
	return 0;
}

static int
group_add(struct ctl *ctl, struct err *err)
{
	return change(ctl, devices_read(ctl), NULL, "added", err);
}

static int
group_remove(struct ctl *ctl, struct err *err)
{
	return change(ctl, NULL, devices_read(ctl), "removed", err);
}

static int
group_delete(struct ctl *ctl, struct err *err)
{
	const char *application;

	if (input_owner(ctl, SQL_CTL_GROUP_LIST, "group", &application,
	    err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(ctl->argument)
	};
	if (pg_run(ctl->db, SQL_GROUP_DELETE, values, NULL, err) < 0)
		return -1;
	output_done(ctl, "deleted", ctl->argument, "deleted");
	return 0;
}
