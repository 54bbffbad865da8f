/* SPDX-License-Identifier: ISC */
/* Finds the command in the arguments, reads its options and prints help. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl/ctl.h"

#define OPTIONS_MAX 24		/* of a command, global ones included */

struct ctl_value {
	const struct ctl_option *option;
	const char *text;
	struct ctl_value *next;
};

#define OPTION_HELP { "help", NULL, 0, "print this help", 'h' }

static const struct ctl_option help_option = OPTION_HELP;
static const struct ctl_option global_options[] = {
	{ "file", "FILE", 0, "default: " CONF_PATH, 'f' },
	{ "json", NULL, 0, "print JSON", 0 },
	{ "wide", NULL, 0,
	    "do not fit tables on a terminal to 100 columns", 0 },
	OPTION_HELP,
	{ "version", NULL, 0, "print the version", 'V' },
	OPTIONS_END
};

/* The input of getopt_long(); rows[i] has the val VAL_BASE + i. */
struct option_set {
	const struct ctl_option *rows[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
	int count;
};

#define VAL_BASE 256		/* above every character */

static void
option_set_add(struct option_set *set, const struct ctl_option *o)
{
	char *s = set->shorts + strlen(set->shorts);

	for (; o != NULL && o->name != NULL && set->count < OPTIONS_MAX; o++) {
		set->rows[set->count] = o;
		set->longs[set->count] = (struct option){ o->name,
		    o->argument == NULL ? no_argument : required_argument,
		    NULL, VAL_BASE + set->count };
		set->count++;
		if (o->letter != 0) {
			*s++ = (char)o->letter;
			if (o->argument != NULL)
				*s++ = ':';
		}
	}
	*s = '\0';
}

static const struct ctl_option *
option_set_find(const struct option_set *set, int val)
{
	int i;

	if (val >= VAL_BASE)
		return set->rows[val - VAL_BASE];
	for (i = 0; i < set->count; i++)
		if (set->rows[i]->letter == val)
			return set->rows[i];
	return NULL;
}

static int
value_add(struct ctl *ctl, const struct ctl_option *option, const char *text,
    struct err *err)
{
	struct ctl_value *value;

	if (!(option->flags & OPTION_REPEATABLE) && option->argument != NULL &&
	    args_value(ctl, option->name) != NULL)
		return err_set(err, ERR_USAGE, "--%s: must not be repeated",
		    option->name);
	value = arena_alloc(&ctl->arena, sizeof(*value));
	value->option = option;
	value->text = text == NULL ? "" : text;
	value->next = (struct ctl_value *)ctl->values;
	ctl->values = value;
	return 0;
}

/* Reports an error of getopt_long(); word is the one it read last. */
static int
option_refuse(int why, const char *word, struct err *err)
{
	char letter[] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < VAL_BASE)
		word = letter;
	return why == ':' ?
	    err_set(err, ERR_USAGE, "%s: requires a value", word) :
	    err_set(err, ERR_USAGE, "%s: unknown option", word);
}

/*
 * Reads the options of argv from its second word on.  mode is getopt's: "+:"
 * stops at the first argument, ":" moves arguments to the end.  Returns the
 * index of the first argument.
 */
static int
options_read(struct ctl *ctl, int argc, char **argv, const char *mode,
    const struct ctl_option *options, struct err *err)
{
	struct option_set set = { .count = 0 };
	int c;

	strcpy(set.shorts, mode);
	option_set_add(&set, global_options);
	option_set_add(&set, options);
	opterr = 0;
	optind = 0;		/* resets getopt_long() */
	while ((c = getopt_long(argc, argv, set.shorts, set.longs, NULL)) != -1)
		if (c == '?' || c == ':')
			return option_refuse(c, argv[optind - 1], err);
		else if (value_add(ctl, option_set_find(&set, c), optarg,
		    err) < 0)
			return -1;
	return optind;
}

const char *
args_value(const struct ctl *ctl, const char *name)
{
	const struct ctl_value *v = ctl->values;

	while (v != NULL && strcmp(v->option->name, name) != 0)
		v = v->next;
	return v == NULL ? NULL : v->text;
}

const char *const *
args_values(struct ctl *ctl, const char *name)
{
	const struct ctl_value *v;
	const char **values;
	size_t n = 0;

	for (v = ctl->values; v != NULL; v = v->next)
		n += strcmp(v->option->name, name) == 0;
	values = arena_alloc(&ctl->arena, (n + 1) * sizeof(*values));
	for (v = ctl->values; v != NULL; v = v->next)
		if (strcmp(v->option->name, name) == 0)
			values[--n] = v->text;
	return values;
}

static void
options_print(const struct ctl_option *o)
{
	char left[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(left, sizeof(left), "%c%c --%s%s%s",
		    o->letter != 0 ? '-' : ' ',
		    o->letter != 0 ? o->letter : ' ', o->name,
		    o->argument == NULL ? "" : " ",
		    o->argument == NULL ? "" : o->argument);
		printf("  %-28s %s%s%s\n", left, o->help,
		    o->flags & OPTION_REQUIRED ? " (required)" : "",
		    o->flags & OPTION_REPEATABLE ? " (repeatable)" : "");
	}
}

static void
command_usage(const struct command *command)
{
	printf("usage: creelctl [-f FILE] [--json] [--wide] "
	    "%s%s%s%s\n\n%s\n",
	    command->words, command->options == NULL ? "" : " [options]",
	    command->argument == NULL ? "" : " ",
	    command->argument == NULL ? "" : command->argument,
	    command->help);
	if (command->options != NULL) {
		printf("\noptions:\n");
		options_print(command->options);
	}
	printf("\nglobal options:\n");
	options_print(global_options);
}

/* Whether the command's words begin with group ("": always). */
static bool
command_within(const struct command *command, const char *group)
{
	size_t n = strlen(group);

	return n == 0 || (strncmp(command->words, group, n) == 0 &&
	    (command->words[n] == ' ' || command->words[n] == '\0'));
}

static void
group_usage(const char *group)
{
	const struct command *const *set, *c;
	char left[64];

	printf("usage: creelctl [-f FILE] [--json] [--wide] COMMAND ...\n\n"
	    "commands:\n");
	for (set = command_sets; *set != NULL; set++)
		for (c = *set; c->words != NULL; c++) {
			if (!command_within(c, group))
				continue;
			snprintf(left, sizeof(left), "%s%s%s", c->words,
			    c->argument == NULL ? "" : " ",
			    c->argument == NULL ? "" : c->argument);
			printf("  %-28s %s\n", left, c->help);
		}
	printf("\nglobal options:\n");
	options_print(global_options);
	printf("\nRun creelctl COMMAND --help for the options of a command.\n");
}

/* Returns the command that argv begins with; words gets the number of its
 * words. */
static const struct command *
command_find(char **argv, int *words)
{
	const struct command *const *set, *c;
	const char *at;
	size_t n;
	int i;

	for (set = command_sets; *set != NULL; set++)
		for (c = *set; c->words != NULL; c++) {
			at = c->words;
			for (i = 0; argv[i] != NULL && *at != '\0'; i++) {
				n = strlen(argv[i]);
				if (strncmp(at, argv[i], n) != 0 ||
				    (at[n] != ' ' && at[n] != '\0'))
					break;
				at += n + (at[n] == ' ');
			}
			*words = i;
			if (*at == '\0')
				return c;
		}
	return NULL;
}

static bool
group_is(const char *word)
{
	const struct command *const *set;

	for (set = command_sets; *set != NULL; set++)
		if (command_within(*set, word))
			return true;
	return false;
}

/* Prints the help for a group or all commands, or reports an error. */
static int
no_command(struct ctl *ctl, int argc, char **argv, struct err *err)
{
	bool group = argc > 0 && argv[0][0] != '\0' && group_is(argv[0]);

	if (args_value(ctl, "help") != NULL ||
	    (group && argc > 1 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0))) {
		group_usage(group ? argv[0] : "");
		return 1;
	}
	if (argc == 0)
		return err_set(err, ERR_USAGE, "a command is required");
	if (group && argc == 1)
		return err_set(err, ERR_USAGE, "%s: a subcommand is required",
		    argv[0]);
	return err_set(err, ERR_USAGE, "%s%s%s: unknown command", argv[0],
	    group ? " " : "", group ? argv[1] : "");
}

/* Checks the number of arguments and the required options. */
static int
command_check(struct ctl *ctl, int argc, char **argv, struct err *err)
{
	const struct ctl_option *o = ctl->command->options;
	const char *argument = ctl->command->argument;
	bool many = ctl->command->flags & COMMAND_MANY;

	if (argument != NULL && argc == 0 && !many)
		return err_set(err, ERR_USAGE, "%s: required", argument);
	if (argc > (argument != NULL) && !many)
		return err_set(err, ERR_USAGE, "%s: unexpected argument",
		    argv[argument != NULL]);
	ctl->argument = argv[0];
	ctl->arguments = (const char *const *)argv;
	for (; o != NULL && o->name != NULL; o++)
		if ((o->flags & OPTION_REQUIRED) &&
		    args_value(ctl, o->name) == NULL)
			return err_set(err, ERR_USAGE, "--%s: required",
			    o->name);
	return 0;
}

int
args_parse(struct ctl *ctl, int argc, char **argv, struct err *err)
{
	int at, words;

	if ((at = options_read(ctl, argc, argv, "+:", NULL, err)) < 0)
		return -1;
	if (args_value(ctl, "version") != NULL) {
		printf("creelctl %s\n", PACKAGE_VERSION);
		return 1;
	}
	argc -= at;
	argv += at;
	/* "help" before a command is the option. */
	if (argc > 0 && strcmp(argv[0], help_option.name) == 0) {
		if (value_add(ctl, &help_option, NULL, err) < 0)
			return -1;
		argc--;
		argv++;
	}
	if ((ctl->command = command_find(argv, &words)) == NULL)
		return no_command(ctl, argc, argv, err);
	/* getopt_long() skips the first word: the last one of the command. */
	argc -= words - 1;
	argv += words - 1;
	if ((at = options_read(ctl, argc, argv, ":", ctl->command->options,
	    err)) < 0)
		return -1;
	ctl->conf_path = args_value(ctl, "file");
	ctl->json = args_value(ctl, "json") != NULL;
	ctl->wide = args_value(ctl, "wide") != NULL;
	if (args_value(ctl, "help") != NULL) {
		command_usage(ctl->command);
		return 1;
	}
	return command_check(ctl, argc - at, argv + at, err);
}
