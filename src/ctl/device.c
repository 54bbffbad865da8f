/* SPDX-License-Identifier: ISC */
/* creelctl device: what acts on an application's actions, with its own key. */
#include <string.h>

#include "auth/auth_key.h"
#include "base/jsn.h"
#include "ctl/ctl.h"
#include "db/array.h"
#include "device/device.h"

static int device_create(struct ctl *, struct err *);
static int device_list(struct ctl *, struct err *);
static int device_show(struct ctl *, struct err *);
static int device_enable(struct ctl *, struct err *);
static int device_disable(struct ctl *, struct err *);
static int device_tag(struct ctl *, struct err *);
static int device_rekey(struct ctl *, struct err *);
static int device_delete(struct ctl *, struct err *);

static const struct ctl_option create_options[] = {
	{ "application", "ID", OPTION_REQUIRED, "whose it is", 0 },
	{ "name", "NAME", OPTION_REQUIRED, "what people call it", 0 },
	{ "description", "TEXT", 0, "more about it", 0 },
	{ "tag", "TAG", OPTION_REPEATABLE, "what it is addressed by", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option list_options[] = {
	{ "application", "ID", 0, "only this one's", 0 },
	{ "tag", "TAG", 0, "only those with it", 0 },
	{ "group", "ID", 0, "only those in it", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

static const struct ctl_option tag_options[] = {
	{ "tag", "TAG", OPTION_REPEATABLE, "a tag; no other stays", 0 },
	{ NULL, NULL, 0, NULL, 0 }
};

const struct command device_commands[] = {
	{ "device create", NULL, create_options, 0, device_create,
	    "Make a device; answers its key, this one time." },
	{ "device list", NULL, list_options, 0, device_list,
	    "List the devices." },
	{ "device show", "ID", NULL, 0, device_show, "Show a device." },
	{ "device enable", "ID", NULL, 0, device_enable,
	    "Let a device in again." },
	{ "device disable", "ID", NULL, 0, device_disable,
	    "Turn a device away." },
	{ "device tag", "ID", tag_options, 0, device_tag,
	    "Give a device these tags and no others." },
	{ "device key", "ID", NULL, 0, device_rekey,
	    "Make a new key; the old one is nobody's then." },
	{ "device delete", "ID", NULL, 0, device_delete, "Delete a device." },
	{ NULL, NULL, NULL, 0, NULL, NULL }
};

static const struct output_column columns[] = {
	{ "id", "ID" },
	{ "applicationId", "APPLICATION" },
	{ "prefix", "PREFIX" },
	{ "enabled", "ENABLED" },
	{ "lastSeenAt", "LAST SEEN" },
	{ "tags", "TAGS" },
	{ "name", "NAME" },
	{ NULL, NULL }
};

/* The tags that were given, as an array's text. */
static int
tags_read(struct ctl *ctl, const char **out, struct err *err)
{
	const char *const *tags = args_values(ctl, "tag");
	const char *wrong;
	size_t n = 0;

	while (tags[n] != NULL)
		n++;
	if ((wrong = device_tags_wrong(tags, n)) != NULL)
		return err_set(err, ERR_USAGE, "--tag %s", wrong);
	*out = array_texts(&ctl->arena, tags, n);
	return 0;
}

static int
device_create(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const char *name = args_value(ctl, "name"), *tags;
	const char *description = args_value(ctl, "description");
	char id[ID_OBJECT_SIZE];
	struct key key;

	if (input_length("--name", name, 255, err) < 0 ||
	    (description != NULL && description[0] != '\0' &&
	    input_length("--description", description, 32767, err) < 0) ||
	    tags_read(ctl, &tags, err) < 0 ||
	    input_application(ctl, application, err) < 0)
		return -1;
	id_object(id);
	key_new(&key);

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(id), PG_TEXT("false"),
		PG_TEXT(key.hash), PG_TEXT(key.prefix), PG_TEXT(name),
		PG_TEXT(description), PG_TEXT(tags), PG_NULL, PG_NULL
	};
	if (pg_run(ctl->db, SQL_DEVICE_CREATE, values, NULL, err) < 0)
		return -1;
	credential_print(ctl, id, "key", "key", key.text);
	return 0;
}

static int
device_list(struct ctl *ctl, struct err *err)
{
	const char *application = args_value(ctl, "application");
	const struct pg_value values[] = {
		PG_TEXT(application), PG_NULL, PG_TEXT("device"),
		PG_TEXT(args_value(ctl, "tag")),
		PG_TEXT(args_value(ctl, "group"))
	};

	if (application != NULL &&
	    input_application(ctl, application, err) < 0)
		return -1;
	return output_all(ctl, SQL_CTL_DEVICE_LIST, values, columns,
	    "no devices yet", err);
}

static int
device_show(struct ctl *ctl, struct err *err)
{
	const struct pg_value values[] = {
		PG_NULL, PG_TEXT(ctl->argument), PG_TEXT("device"), PG_NULL,
		PG_NULL
	};

	return output_show(ctl, SQL_CTL_DEVICE_LIST, values, "device",
	    ctl->argument, err);
}

/* Whose the device is that was named. */
static int
owner_find(struct ctl *ctl, const char **out, struct err *err)
{
	return input_owner(ctl, SQL_CTL_DEVICE_LIST, "device", out, err);
}

static int
patch(struct ctl *ctl, const char *tags, const char *enabled,
    const char *done, struct err *err)
{
	const char *application;

	if (owner_find(ctl, &application, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(ctl->argument), PG_TEXT("false"),
		PG_NULL, PG_NULL, PG_TEXT(tags), PG_TEXT(enabled)
	};
	if (pg_run(ctl->db, SQL_DEVICE_PATCH, values, NULL, err) < 0)
		return -1;
	output_done(ctl, done, ctl->argument, done);
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
	const char *application;
	struct key key;

	if (owner_find(ctl, &application, err) < 0)
		return -1;
	key_new(&key);

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(ctl->argument),
		PG_TEXT("false"), PG_TEXT(key.hash), PG_TEXT(key.prefix)
	};
	if (pg_run(ctl->db, SQL_DEVICE_KEY, values, NULL, err) < 0)
		return -1;
	credential_print(ctl, ctl->argument, "key", "key", key.text);
	return 0;
}

static int
device_delete(struct ctl *ctl, struct err *err)
{
	const char *application;

	if (owner_find(ctl, &application, err) < 0)
		return -1;

	const struct pg_value values[] = {
		PG_TEXT(application), PG_TEXT(ctl->argument)
	};
	if (pg_run(ctl->db, SQL_DEVICE_DELETE, values, NULL, err) < 0)
		return -1;
	output_done(ctl, "deleted", ctl->argument, "deleted");
	return 0;
}
