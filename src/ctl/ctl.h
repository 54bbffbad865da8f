/* SPDX-License-Identifier: ISC */
/*
 * creelctl.  A command is a row of a table: its words, argument, options,
 * handler, object and help; args.c parses and prints help by the row.  Each
 * file exports its rows, main.c lists them.
 */
#ifndef CREEL_CTL_CTL_H
#define CREEL_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/fail.h"
#include "base/ids.h"
#include "db/pg.h"

#define OPTION_REQUIRED 1
#define OPTION_REPEATABLE 2

struct ctl_option {
	const char *name;
	const char *argument;	/* its name in the help; NULL: a flag */
	unsigned flags;
	const char *help;
	int letter;		/* the short option, or 0 */
};

/* Rows of several option tables. */
#define OPTION_OWNER \
	{ "application", "ID", OPTION_REQUIRED, \
	    "the application it belongs to", 0 }
#define OPTION_LIST_OWNER \
	{ "application", "ID", 0, "list only this application's", 0 }
#define OPTION_NAME \
	{ "name", "NAME", OPTION_REQUIRED, "1 to 255 characters", 0 }
#define OPTION_DESCRIPTION \
	{ "description", "TEXT", 0, "at most 32767 characters", 0 }
#define OPTION_EXPIRES \
	{ "expires", "TIME", 0, \
	    "when it expires: 2030-01-31, +30d; default: never", 0 }
#define OPTIONS_END { NULL, NULL, 0, NULL, 0 }

struct ctl;

#define COMMAND_ANY_SCHEMA 1	/* works before and after a migration */
#define COMMAND_LOADS_CONF 2	/* loads creel.conf and opens databases */
#define COMMAND_MANY 4		/* takes any number of arguments */

struct command {
	const char *words;		/* "hook create" */
	const char *argument;		/* its name in the help, or NULL */
	const struct ctl_option *options;	/* or NULL */
	unsigned flags;
	int (*run)(struct ctl *, struct err *);
	const struct owned *of;		/* the object of run, or NULL */
	const char *help;
};
#define COMMANDS_END { NULL, NULL, NULL, 0, NULL, NULL, NULL }

struct buf;
struct ctl_value;
struct seal;

#define OUTPUT_CUT 1		/* long values are cut in the middle, */
#define OUTPUT_OPTIONAL 2	/* this column is omitted, */
#define OUTPUT_CUT_LAST 4	/* these are cut, */
#define OUTPUT_OMIT_LAST 8	/* these are omitted: until it fits */

/* A column of a table.  The flags apply on a terminal without --wide.  Ids and
 * times are never cut. */
struct output_column {
	const char *key;
	const char *heading;	/* NULL ends the table */
	unsigned flags;
};
#define COLUMNS_END { NULL, NULL, 0 }

#define OWNED_TENANT 1		/* an application or organization */
#define OWNED_HOOK 2		/* a hook of this kind ("hook": of any kind) */
#define OWNED_FOR_PEOPLE 4	/* the statement can return text for people */
#define OWNED_CREDENTIAL 8	/* a credential of this kind */
#define OWNED_TAGGED 16		/* has tags and groups */

/*
 * The objects of a group of commands.  The parameters of the list statement
 * are the application, the id and what the flags say: "true" or "false" for
 * text (OWNED_FOR_PEOPLE), the kind (OWNED_CREDENTIAL), the options --tag and
 * --group (OWNED_TAGGED).  A tenant's begin with the id.  Each may be null.
 */
struct owned {
	const char *kind;		/* "key" */
	unsigned flags;
	enum sql_id list;
	enum sql_id remove;		/* for owned_delete(), or SQL_NONE */
	const struct output_column *columns;
};

/* The state of a command. */
struct ctl {
	struct arena arena;
	const struct command *command;
	const char *argument;	/* set when the command has one */
	const char *const *arguments;	/* all of them, ended by NULL */
	const struct ctl_value *values;	/* the options that were given */
	const char *conf_path;	/* NULL: the default */
	bool json;
	bool wide;
	struct conf *conf;
	struct pg *db;		/* connects as the owner */
};

extern const struct command action_commands[];
extern const struct command application_commands[];
extern const struct command check_commands[];
extern const struct command device_commands[];
extern const struct command distribute_commands[];
extern const struct command erase_commands[];
extern const struct command event_commands[];
extern const struct command form_commands[];
extern const struct command group_commands[];
extern const struct command hook_commands[];
extern const struct command jwt_commands[];
extern const struct command key_commands[];
extern const struct command maintain_commands[];
extern const struct command migrate_commands[];
extern const struct command organization_commands[];
extern const struct command token_commands[];
extern const struct command usage_commands[];
extern const struct command user_commands[];
extern const struct command *const command_sets[];	/* ended by NULL */

/* steps.c */

/* Runs a statement in steps, each its own transaction, until the first column
 * of its row, remains, is not "true".  The columns behind it are the last
 * values of the next step; they are null in the first one.  rows (NULL:
 * ignored) is increased by the column deleted.  If it is interrupted, a further
 * call continues with what is left. */
int steps_run(struct ctl *, enum sql_id, struct pg_value *values, size_t n,
    size_t places, int64_t *rows, struct err *);
/* The rows that a step deletes or looks at: it takes some 50 ms, and one that
 * fails little more. */
#define STEP_ROWS "1000"

/* Runs a statement that fails rather than wait for a lock of the log, once a
 * second until it succeeds, at most tries times.  Fails as pg_run(). */
int steps_retry(struct ctl *, enum sql_id, const struct pg_value *, int tries,
    struct pg_result **out, struct err *);
#define LOCK_TRIES 30

/* retention.c */

/* What retention did; the arrays are JSON without brackets. */
struct retention {
	struct buf dropped;	/* partitions */
	struct buf later;	/* those that could not be locked */
	int64_t expired;	/* events deleted from other partitions */
};

void retention_init(struct retention *);
void retention_release(struct retention *);
/* Drops partitions in which all events have expired, and deletes expired events
 * in others. */
int retention_run(struct ctl *, struct retention *, struct err *);

/* deletion.c */

/* Deletes the events and idempotency keys of a deleted application, in steps of
 * their own transactions.  If it is interrupted, another call continues. */
int deletion_run(struct ctl *, const char *application, struct err *);
/* The same for all deleted applications. */
int deletions_run(struct ctl *, struct err *);

/* usage.c */

#define OPTION_QUOTA \
	{ "set", "NAME=VALUE", OPTION_REPEATABLE, \
	    "a quota, or none to remove it; see QUOTAS in creel-api(7)", 0 }
/* Changes the quotas of the object that the command names by the options --set,
 * and prints all that it has. */
int quota_set(struct ctl *, enum sql_id, struct err *);
/* Lowers what is stored by the partitions that were dropped, and counts again
 * where it has a quota. */
int usage_correct(struct ctl *, struct err *);

/* args.c */

/* Finds the command and reads its options.  Returns 1 after --help and
 * --version, -1 with ERR_USAGE. */
int args_parse(struct ctl *, int argc, char **argv, struct err *);
/* Returns an option's value, "" for a flag; NULL if it was not given. */
const char *args_value(const struct ctl *, const char *name);
/* Returns the values of a repeatable option in order, and NULL. */
const char *const *args_values(struct ctl *, const char *name);

/* input.c: checks of arguments and options.  All results are in the arena. */

/* -1 with ERR_USAGE unless s has 1 to max characters. */
int input_length(const char *what, const char *s, size_t max, struct err *);
/* Returns an integer as a value of a statement. */
const char *input_integer_text(struct ctl *, int64_t);
/* -1 with ERR_USAGE unless s is a number of days from 0 to 36600, the word
 * default, or NULL. */
int input_days(const char *what, const char *s, struct err *);
/* Reads a whole number from min to max; of NULL, the fallback. */
int input_integer(const char *what, const char *s, int64_t min, int64_t max,
    int64_t fallback, int64_t *out, struct err *);
/* -1 with ERR_USAGE unless s is one of the space-separated words, or NULL. */
int input_word(const char *what, const char *words, const char *s,
    struct err *);
/* -1 with ERR_USAGE unless each option --tag is a tag. */
int input_tags(struct ctl *, struct err *);
/* Converts "2030-01-31", "2030-01-31T10:00:00Z", "+30d" or "-1h" (s, m, h, d, w
 * from now) to a timestamp for PostgreSQL, and NULL to NULL. */
int input_time(struct ctl *, const char *what, const char *s,
    const char **out, struct err *);
/* Checks the options --scope, and joins them with spaces; without any: the
 * fallback. */
int input_scopes(struct ctl *, const char *fallback, const char **out,
    struct err *);

/* Checks the options --name and --description, if they were given. */
int input_texts(const struct ctl *, struct err *);
/* Checks that the value of an option is one JSON value, or NULL. */
int input_json(const char *option, const char *text, struct err *);

/* Writes the values of a repeatable option as a JSON array. */
void input_write_texts(struct buf *, const char *member,
    const char *const *values);

/* Runs a statement that must return a row; -1 with ERR_NOT_FOUND. */
int input_row(struct ctl *, enum sql_id, const struct pg_value *,
    const char *what, const char *id, struct pg_result **out, struct err *);
int input_application(struct ctl *, const char *id, struct err *);
int input_organization(struct ctl *, const char *id, struct err *);

struct found {
	const char *application;
	const char *id;
};
/* Reads the members applicationId and id of the first row. */
int input_found(struct ctl *, const struct pg_result *, struct found *out,
    struct err *);
/* Finds a hook (of this kind, or NULL: any) by its id or handle; -1 with
 * ERR_NOT_FOUND, or ERR_CONFLICT when several have the handle. */
int input_hook(struct ctl *, const char *kind, const char *id_or_handle,
    struct found *out, struct err *);

/* owned.c: handlers for the object in the command's row.  They fail with
 * ERR_NOT_FOUND if it does not exist. */
extern const struct ctl_option owned_list_options[];
int owned_list(struct ctl *, struct err *);
int owned_show(struct ctl *, struct err *);
int owned_delete(struct ctl *, struct err *);
/* Finds the object that the command's argument names. */
int owned_find(struct ctl *, struct found *out, struct err *);
/* Runs a statement with its application, its id and a third parameter, and
 * prints done. */
int owned_run(struct ctl *, enum sql_id, const char *third, const char *done,
    struct err *);

/* hook.c: also used by the commands of forms and actions. */
int hook_enable(struct ctl *, struct err *);
int hook_disable(struct ctl *, struct err *);
/* Creates a hook from the options --application, --name and --description; id
 * gets its id.  settings is a JSON object, checked before.  -1 with
 * ERR_CONFLICT if the handle is in use. */
int hook_store(struct ctl *, const char *kind, const char *handle,
    const char *settings, char id[ID_OBJECT_SIZE], struct err *);
/* Checks the settings of a new hook, or those that change (not is_new). */
int hook_settings_check(const char *kind, const char *settings, bool is_new,
    struct err *);

/* credential.c: used by the commands of keys, tokens, users and devices. */
extern const struct output_column credential_columns[];
int credential_enable(struct ctl *, struct err *);
int credential_disable(struct ctl *, struct err *);
int credential_delete(struct ctl *, struct err *);
/* Creates a credential from the options --application, --name, --description,
 * --scope (default: the fallback) and --expires, and prints its secret.  hooks
 * restricts it to these ids, an array's text, or is NULL; seal may be NULL. */
int credential_create(struct ctl *, const char *fallback, const char *hooks,
    const struct seal *, struct err *);
/* Prints a secret that cannot be shown again: in JSON as the member, else after
 * the label. */
void credential_print(const struct ctl *, const char *id, const char *member,
    const char *label, const char *secret);
/* Replaces the secret of the object that the command names, and prints the new
 * one. */
int credential_rekey(struct ctl *, enum sql_id, const char *member,
    const char *label, struct err *);
/* Finds the application's hooks (of this kind, or NULL: any) that a repeatable
 * option names.  *out gets their ids as an array's text, NULL without any. */
int credential_hooks(struct ctl *, const char *option, const char *kind,
    const char *application, const char **out, struct err *);

/* key.c: unseals an API key; *key is in the arena.  The disclosure is written
 * to the audit log.  -1 with ERR_CONFIG or ERR_UNAVAILABLE if that fails, or as
 * key_unseal(). */
int key_show_again(struct ctl *, const char *application, const char *id,
    const char **key, struct err *);

/* key.c: opens the log of the workers.  Returns 1 and logs to stderr if the
 * file does not exist: the workers must create it, so that they can write to
 * it.  -1 with ERR_CONFIG. */
int audit_open(const struct ctl *, struct err *);

/* output.c: a row is one column, the text of a JSON object. */

#define OUTPUT_COLUMNS_MAX 16

/* A table.  output_rows() may add rows several times; the first rows decide
 * which columns are omitted. */
struct output {
	const struct output_column *columns;
	size_t widths[OUTPUT_COLUMNS_MAX];	/* as printed */
	size_t needed[OUTPUT_COLUMNS_MAX];	/* of the longest value */
	bool omitted[OUTPUT_COLUMNS_MAX];
	bool headed;
};

/* All text that is stored or comes from others is printed with these.  Prints
 * text escaped (escape.h); lines: except line ends and tabs. */
void output_text(const char *, size_t len, bool lines);
/* Prints a line, escaped. */
void output_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints a JSON text, escaped. */
void output_raw(const char *json);
/* Closes an object, prints it on a line, and releases it. */
void output_json(struct buf *json);
/* Prints text on a line, or with --json an object with the member key. */
void output_done(const struct ctl *, const char *key, const char *id,
    const char *text);
/* Prints a JSON array or a table; without rows, the text none. */
int output_list(const struct ctl *, const struct pg_result *,
    const struct output_column *, const char *none, struct err *);
/* Runs a statement and prints its rows as output_list(). */
int output_all(struct ctl *, enum sql_id, const struct pg_value *,
    const struct output_column *, const char *none, struct err *);
/* Prints rows of a table; with --json, each as an object on a line. */
int output_rows(const struct ctl *, struct output *, const struct pg_result *,
    struct err *);
/* Prints a JSON object, or a line "key  value" for each member. */
int output_object(const struct ctl *, const char *json, struct err *);
/* Runs a statement and prints its row as output_object(); -1 with ERR_NOT_FOUND
 * and a message that says what it is. */
int output_show(struct ctl *, enum sql_id, const struct pg_value *,
    const char *what, const char *id, struct err *);
/* The same for a new object, but without --json only the members in keys, which
 * ends with NULL. */
int output_created(struct ctl *, enum sql_id, const struct pg_value *,
    const char *const *keys, const char *what, const char *id, struct err *);

#endif
