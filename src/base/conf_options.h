/* SPDX-License-Identifier: ISC */
/* The option tables: for conf.c alone. */
#ifndef CREEL_BASE_CONF_OPTIONS_H
#define CREEL_BASE_CONF_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum conf_type {
	CONF_TEXT,		/* with words: one of them, or empty */
	CONF_CONNINFO,		/* text that may hold a password */
	CONF_TARGET,		/* stderr, syslog or an absolute path */
	CONF_INTEGER,
	CONF_SIZE,		/* bytes; suffix k or m for KiB or MiB */
	CONF_BOOLEAN,
	CONF_WORD		/* one of words; its index is stored */
};

#define CONF_NEEDED 1		/* may not be empty */
#define CONF_PUBLIC 2		/* a URL without user and password */

struct conf_option {
	const char *name;
	enum conf_type type;
	size_t offset;		/* in struct conf or conf_issuer */
	const char *value;	/* the default */
	int64_t min;
	int64_t max;
	const char *words;
	unsigned flags;
	const char *help;
};

/* Of [creel] and of [issuer NAME], each ended by a NULL name. */
extern const struct conf_option conf_creel_options[];
extern const struct conf_option conf_issuer_options[];

#endif
