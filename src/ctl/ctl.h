/* SPDX-License-Identifier: ISC */
/*
 * creelctl.  A command is a row of a table: its words, options, arguments,
 * handler and help; parsing and usage text come from the row.  Each file
 * exports its rows, main.c lists them.
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
	const char *argument;	/* what it stands for; NULL: a flag */
	unsigned flags;
	const char *help;
	int letter;		/* the short form, 0: none */
};

/* Rows that the option tables of several commands share. */
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
#define COMMAND_LOADS_CONF 2	/* reads creel.conf itself, opens databases */

struct command {
	const char *words;		/* "hook create" */
	const char *argument;		/* what it names: "NAME"; or NULL */
	const struct ctl_option *options;	/* or NULL */
	unsigned flags;
	int (*run)(struct ctl *, struct err *);
	const struct owned *of;		/* what run works on, or NULL */
	const char *help;
};
#define COMMANDS_END { NULL, NULL, NULL, 0, NULL, NULL, NULL }

struct ctl_value;
struct seal;

#define OUTPUT_CUT 1		/* long values are cut in the middle */
#define OUTPUT_OPTIONAL 2	/* omitted if the table does not fit */

/* A column of a table.  On a terminal without --wide they decide how it fits
 * the limit; ids and times are never cut. */
struct output_column {
	const char *key;
	const char *heading;	/* NULL ends the table */
	unsigned flags;
};
#define COLUMNS_END { NULL, NULL, 0 }

#define OWNED_TENANT 1		/* an application or organization */
#define OWNED_HOOK 2		/* a hook of this kind ("hook": of any kind) */
#define OWNED_FOR_PEOPLE 4	/* the statement writes for people if asked */

/*
 * What the commands of a group work on.  The parameters of the list statement
 * are the application, the id, the kind (for people: whether it writes for
 * them; any hook: null), and the options --tag and --group; a tenant's begin
 * with the id.  Each may be null.
 */
struct owned {
	const char *kind;		/* "key" */
	unsigned flags;
	enum sql_id list;
	enum sql_id remove;		/* for owned_delete() */
	const struct output_column *columns;
};

/* What a command works with. */
struct ctl {
	struct arena arena;
	const struct command *command;
	const char *argument;	/* set when the command has one */
	const struct ctl_value *values;	/* the options that were given */
	const char *conf_path;	/* NULL: the default */
	bool json;
	bool wide;
	struct conf *conf;
	struct pg *db;		/* as the owner */
};

extern const struct command action_commands[];
extern const struct command application_commands[];
extern const struct command check_commands[];
extern const struct command device_commands[];
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
extern const struct command user_commands[];
extern const struct command *const command_sets[];	/* ended by NULL */

/* args.c */

/*
 * Finds the command and reads its options.  -1 with ERR_USAGE.  1 when all
 * was said already: --help, --version.
 */
int args_parse(struct ctl *, int argc, char **argv, struct err *);
/* An option's value, "" for a flag; NULL when it was not given. */
const char *args_value(const struct ctl *, const char *name);
/* The values of a repeatable option in their order, ended by NULL. */
const char *const *args_values(struct ctl *, const char *name);

/* input.c: what people type.  All results are in the arena. */

/* -1 with ERR_USAGE unless s has 1 to max characters. */
int input_length(const char *what, const char *s, size_t max, struct err *);
/* A whole number from min to max; NULL is read as the fallback. */
int input_integer(const char *what, const char *s, int64_t min, int64_t max,
    int64_t fallback, int64_t *out, struct err *);
/* A moment as PostgreSQL reads it: from "2030-01-31", "2030-01-31T10:00:00Z",
 * "+30d" or "-1h" (s, m, h, d, w from now); NULL stays NULL. */
int input_time(struct ctl *, const char *what, const char *s,
    const char **out, struct err *);
/* Checks scope names and joins them; none given: the fallback. */
int input_scopes(struct ctl *, const char *separator, const char *fallback,
    const char **out, struct err *);

/* Checks the options --name and --description, if they were given. */
int input_texts(const struct ctl *, struct err *);
/* Checks that an option is one JSON value; NULL is none. */
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

/* owned.c: handlers of all groups; the command's row says what it works on.
 * All may fail with ERR_NOT_FOUND. */
extern const struct ctl_option owned_list_options[];
int owned_list(struct ctl *, struct err *);
int owned_show(struct ctl *, struct err *);
int owned_delete(struct ctl *, struct err *);
/* Finds what the command's argument names. */
int owned_find(struct ctl *, struct found *out, struct err *);
/* Runs a statement on it, with its application, its id and a third parameter,
 * and prints what was done. */
int owned_run(struct ctl *, enum sql_id, const char *third, const char *done,
    struct err *);

/* hook.c: handlers of "hook ...", "form ..." and "action ..." alike. */
int hook_enable(struct ctl *, struct err *);
int hook_disable(struct ctl *, struct err *);
/* Stores a hook with the options --application, --name and --description; id
 * gets its id.  settings is a JSON object that suits the kind; -1 with
 * ERR_CONFLICT if the handle is in use. */
int hook_store(struct ctl *, const char *kind, const char *handle,
    const char *settings, char id[ID_OBJECT_SIZE], struct err *);
/* Checks settings, all of them or (not is_new) those that are to change. */
int hook_settings_check(const char *kind, const char *settings, bool is_new,
    struct err *);

/* credential.c: handlers of "key ...", "token ..." and "user ..." alike. */
extern const struct output_column credential_columns[];
int credential_enable(struct ctl *, struct err *);
int credential_disable(struct ctl *, struct err *);
int credential_delete(struct ctl *, struct err *);
/* Makes one, from the options --application, --name, --description, --scope
 * (if none: the fallback) and --expires; hooks are the ids of the only ones
 * that it reaches, an array's text, or NULL; seal is what it is sealed with,
 * or NULL. */
int credential_create(struct ctl *, const char *fallback, const char *hooks,
    const struct seal *, struct err *);
/* Shows a secret, this one time: member is what JSON calls it, label what
 * people read. */
void credential_print(const struct ctl *, const char *id, const char *member,
    const char *label, const char *secret);
/* Replaces the secret of what the command names, by a statement, and prints the
 * new one. */
int credential_rekey(struct ctl *, enum sql_id, const char *member,
    const char *label, struct err *);
/* The ids of the application's hooks (of this kind, or NULL: any) that a
 * repeatable option names, an array's text; NULL when there are none. */
int credential_hooks(struct ctl *, const char *option, const char *kind,
    const char *application, const char **out, struct err *);

/* key.c: an API key in clear, in the arena, where it was sealed.  That it was
 * asked for is logged; where that cannot be, ERR_CONFIG or ERR_UNAVAILABLE.
 * Else errors as key_unseal(). */
int key_show_again(struct ctl *, const char *application, const char *id,
    const char **key, struct err *);

/* output.c: rows are JSON objects, one text column. */

#define OUTPUT_COLUMNS_MAX 8

/* A table that may grow: further rows never make a column narrower.  Which
 * columns it has is decided with the first rows. */
struct output {
	const struct output_column *columns;
	size_t widths[OUTPUT_COLUMNS_MAX];	/* as printed */
	size_t needed[OUTPUT_COLUMNS_MAX];	/* of the longest value */
	bool omitted[OUTPUT_COLUMNS_MAX];
	bool headed;
};

/* Text for a terminal: what could move its cursor is escaped; lines says
 * whether line ends and tabs are kept. */
void output_text(const char *, size_t len, bool lines);
/* A line, or with --json the same as an object with one member. */
void output_done(const struct ctl *, const char *key, const char *id,
    const char *text);
/* A JSON array or a table; none is said when there are no rows. */
int output_list(const struct ctl *, const struct pg_result *,
    const struct output_column *, const char *none, struct err *);
/* Runs a statement and lists its rows. */
int output_all(struct ctl *, enum sql_id, const struct pg_value *,
    const struct output_column *, const char *none, struct err *);
/* More rows of a table; JSON: one object a line. */
int output_rows(const struct ctl *, struct output *, const struct pg_result *,
    struct err *);
/* An object: its text, or a line "key  value" a member. */
int output_object(const struct ctl *, const char *json, struct err *);
/* Runs a statement with id and shows its one row; -1 with ERR_NOT_FOUND,
 * which says what it is that is not there. */
int output_show(struct ctl *, enum sql_id, const struct pg_value *,
    const char *what, const char *id, struct err *);
/* The same of what was just made: with --json all of it, else the texts that
 * one goes on with, keys ended by NULL. */
int output_made(struct ctl *, enum sql_id, const struct pg_value *,
    const char *const *keys, const char *what, const char *id, struct err *);

#endif
