/* SPDX-License-Identifier: ISC */
/* creelctl group: device groups. */
#include "base/ids.h"
#include "ctl/ctl.h"
#include "db/array.h"
#include "resource/collection.h"

static int group_create(struct ctl *, struct err *);
static int group_add(struct ctl *, struct err *);
static int group_remove(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	{ "device", "ID", OPTION_REPEATABLE, "a device in the group", 0 },
	OPTIONS_END
};

static const struct ctl_option device_options[] = {
	{ "device", "ID", OPTION_REQUIRED | OPTION_REPEATABLE, "a device", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "devices", "DEVICES", 0 },
	{ "createdAt", "CREATED", 0 },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	COLUMNS_END
};

static const struct owned groups = {
	"group", 0, SQL_CTL_GROUP_LIST, SQL_GROUP_DELETE, columns
};

const struct command group_commands[] = {
	{ "group create", NULL, create_options, 0, group_create, &groups,
	    "Create a device group and print its ID." },
	{ "group list", NULL, owned_list_options, 0, owned_list, &groups,
	    "List the device groups." },
	{ "group show", "ID", NULL, 0, owned_show, &groups,
	    "Show a device group." },
	{ "group add", "ID", device_options, 0, group_add, &groups,
	    "Add devices to a group." },
	{ "group remove", "ID", device_options, 0, group_remove, &groups,
	    "Remove devices from a group." },
	{ "group delete", "ID", NULL, 0, owned_delete, &groups,
	    "Delete a device group; its devices remain." },
	COMMANDS_END
};

/* Returns the options --device as an array's text. */
static const char *
devices_read(struct ctl *ctl)
{
	const char *const *ids = args_values(ctl, "device");
	size_t n = 0;

	while (ids[n] != NULL)
		n++;
	return array_texts(&ctl->arena, ids, n);
}

/* Runs a statement that may reject a device. */
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
	char id[ID_OBJECT_SIZE];

	if (input_texts(ctl, err) < 0 ||
	    input_application(ctl, application, err) < 0)
		return -1;
	id_object(id);

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("false"),
		PG_TEXT(args_value(ctl, "name")),
		PG_TEXT(args_value(ctl, "description")),
		PG_TEXT(devices_read(ctl))
	};
	if (store(ctl, SQL_GROUP_CREATE, values, err) < 0)
		return -1;
	output_done(ctl, "id", id, id);
	return 0;
}

/* Adds and removes devices; NULL is none. */
static int
change(struct ctl *ctl, const char *added, const char *removed,
    const char *done, struct err *err)
{
	struct found found;

	if (owned_find(ctl, &found, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(found.application), PG_TEXT(found.id),
		PG_TEXT("false"), PG_NULL, PG_NULL, PG_NULL, PG_TEXT(added),
		PG_TEXT(removed)
	};
	if (store(ctl, SQL_GROUP_PATCH, values, err) < 0)
		return -1;
	output_done(ctl, done, found.id, done);
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
