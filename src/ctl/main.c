/* SPDX-License-Identifier: ISC */
/* creelctl: runs the command that an administrator or a timer gives. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/escape.h"
#include "ctl/ctl.h"
#include "db/pg_conninfo.h"

const struct command *const command_sets[] = {
	migrate_commands,
	maintain_commands,
	check_commands,
	distribute_commands,
	organization_commands,
	application_commands,
	hook_commands,
	form_commands,
	action_commands,
	key_commands,
	token_commands,
	jwt_commands,
	user_commands,
	device_commands,
	group_commands,
	event_commands,
	erase_commands,
	usage_commands,
	NULL
};

static int
run(struct ctl *ctl, struct err *err)
{
	const struct command *command = ctl->command;
	struct pg_options options;

	if (command->flags & COMMAND_LOADS_CONF)
		return command->run(ctl, err);
	if (conf_load(ctl->conf_path, pg_conninfo_check, &ctl->conf,
	    err) < 0)
		return -1;
	options = pg_options_owner(ctl->conf);
	options.any_schema = command->flags & COMMAND_ANY_SCHEMA;
	ctl->db = pg_open(&options);
	return command->run(ctl, err);
}

/* Prints an error on one line, with the command for help. */
static void
error_print(const struct ctl *ctl, const struct err *err)
{
	const char *words = ctl->command == NULL ? "" : ctl->command->words;

	struct buf text;

	/* It may contain arguments, and texts from the database. */
	buf_init(&text);
	escape_text(&text, err->text, strlen(err->text), false);
	if (err->code == ERR_USAGE)
		fprintf(stderr, "creelctl: %s (see creelctl %s%s--help)\n",
		    text.data, words, words[0] == '\0' ? "" : " ");
	else
		fprintf(stderr, "creelctl: %s\n", text.data);
	buf_release(&text);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .arena = ARENA_INIT };
	struct err err = { .code = ERR_NONE };
	int status = EX_OK, rc;

	/* All text is UTF-8; wcwidth() needs to know. */
	setlocale(LC_CTYPE, "C.UTF-8");
	rc = args_parse(&ctl, argc, argv, &err);
	if (rc == 0)
		rc = run(&ctl, &err);
	if (rc < 0) {
		fflush(stdout);
		error_print(&ctl, &err);
		status = err_exit(err.code);
	}
	pg_close(&ctl.db);
	conf_free(&ctl.conf);
	arena_release(&ctl.arena);
	/* Output that was not written is a failure. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("creelctl: standard output");
		status = EX_IOERR;
	}
	return status;
}
