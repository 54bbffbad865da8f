/* SPDX-License-Identifier: ISC */
/* creelctl device: devices, which fetch the commands of actions. */
#include <string.h>

#include "auth/auth_key.h"
#include "auth/grant.h"
#include "base/jsn.h"
#include "ctl/ctl.h"
#include "db/array.h"
#include "device/device.h"

static int device_create(struct ctl *, struct err *);
static int device_enable(struct ctl *, struct err *);
static int device_disable(struct ctl *, struct err *);
static int device_tag(struct ctl *, struct err *);
static int device_rekey(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	OPTION_OWNER,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	{ "tag", "TAG", OPTION_REPEATABLE, "a tag; at most 32", 0 },
	OPTIONS_END
};

static const struct ctl_option list_options[] = {
	OPTION_LIST_OWNER,
	{ "tag", "TAG", 0, "list only those with this tag", 0 },
	{ "group", "ID", 0, "list only those in this group", 0 },
	OPTIONS_END
};

static const struct ctl_option tag_options[] = {
	{ "tag", "TAG", OPTION_REPEATABLE, "a tag; default: no tags", 0 },
	OPTIONS_END
};

static const struct output_column columns[] = {
	{ "id", "ID", 0 },
	{ "applicationId", "APPLICATION", OUTPUT_OPTIONAL },
	{ "prefix", "PREFIX", 0 },
	{ "enabled", "ENABLED", 0 },
	{ "lastSeenAt", "LAST SEEN", OUTPUT_OMIT_LAST },
	{ "tags", "TAGS", OUTPUT_CUT },
	{ "name", "NAME", OUTPUT_CUT_LAST },
	COLUMNS_END
};

static const struct owned devices = {
	"device", OWNED_TAGGED, SQL_CTL_DEVICE_LIST, SQL_DEVICE_DELETE, columns
};

const struct command device_commands[] = {
	{ "device create", NULL, create_options, 0, device_create, &devices,
	    "Create a device and print its key." },
	{ "device list", NULL, list_options, 0, owned_list, &devices,
	    "List the devices." },
	{ "device show", "ID", NULL, 0, owned_show, &devices,
	    "Show a device." },
	{ "device enable", "ID", NULL, 0, device_enable, &devices,
	    "Enable a device." },
	{ "device disable", "ID", NULL, 0, device_disable, &devices,
	    "Disable a device." },
	{ "device tag", "ID", tag_options, 0, device_tag, &devices,
	    "Replace all tags of a device." },
	{ "device key", "ID", NULL, 0, device_rekey, &devices,
	    "Replace the key and print the new one." },
	{ "device delete", "ID", NULL, 0, owned_delete, &devices,
	    "Delete a device." },
	COMMANDS_END
};

/* Returns the options --tag as an array's text. */
static int
tags_read(struct ctl *ctl, const char **out, struct err *err)
{
	const char *const *tags = args_values(ctl, "tag");
	const char *wrong;
	size_t n = 0;

	if (input_tags(ctl, err) < 0)
		return -1;
	while (tags[n] != NULL)
		n++;
	if ((wrong = device_tags_wrong(tags, n)) != NULL)
		return err_set(err, ERR_USAGE, "--tag: %s", wrong);
	*out = array_texts(&ctl->arena, tags, n);
	return 0;
}

static int
device_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	char id[ID_OBJECT_SIZE];
	const char *tags;
	struct key key;

	if (input_texts(ctl, err) < 0 || tags_read(ctl, &tags, err) < 0 ||
	    input_application(ctl, application, err) < 0)
		return -1;
	id_object(id);
	if (key_new(&grant_owner, KEY_DEVICE_SCOPES, &key, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("false"),
		PG_TEXT(key.hash), PG_TEXT(key.prefix),
		PG_TEXT(args_value(ctl, "name")),
		PG_TEXT(args_value(ctl, "description")), PG_TEXT(tags),
		PG_NULL, PG_NULL
	};
	if (pg_run(ctl->db, SQL_DEVICE_CREATE, values, NULL, err) < 0)
		return -1;
	credential_print(ctl, id, "key", "key", key.text);
	return 0;
}

/* Changes the tags or whether it is enabled; NULL changes nothing. */
static int
patch(struct ctl *ctl, const char *tags, const char *enabled,
    const char *done, struct err *err)
{
	struct found found;

	if (owned_find(ctl, &found, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(found.application), PG_TEXT(found.id),
		PG_TEXT("false"), PG_NULL, PG_NULL, PG_TEXT(tags),
		PG_TEXT(enabled)
	};
	if (pg_run(ctl->db, SQL_DEVICE_PATCH, values, NULL, err) < 0)
		return -1;
	output_done(ctl, done, found.id, done);
	return 0;
}

static int
device_enable(struct ctl *ctl, struct err *err)
{
	return patch(ctl, NULL, "true", "enabled", err);
}

static int
device_disable(struct ctl *ctl, struct err *err)
{
	return patch(ctl, NULL, "false", "disabled", err);
}

static int
device_tag(struct ctl *ctl, struct err *err)
{
	const char *tags;

	if (tags_read(ctl, &tags, err) < 0)
		return -1;
	return patch(ctl, tags, NULL, "tagged", err);
}

static int
device_rekey(struct ctl *ctl, struct err *err)
{
	return credential_rekey(ctl, SQL_DEVICE_KEY, "key", "key", err);
}
