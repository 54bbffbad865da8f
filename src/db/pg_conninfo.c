/* SPDX-License-Identifier: ISC */
/* Connection strings of PostgreSQL: checks them and masks passwords. */
#include <libpq-fe.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "db/pg_conninfo.h"

/* Appends an option of a connection string: keyword='value'. */
static void
put_option(struct buf *b, const char *keyword, const char *value)
{
	buf_printf(b, "%s%s='", b->len > 0 ? " " : "", keyword);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addch(b, '\\');
		buf_addch(b, *value);
	}
	buf_addch(b, '\'');
}

char *
pg_conninfo_mask(const char *conninfo)
{
	PQconninfoOption *options, *o;
	struct buf buf;

	buf_init(&buf);
	if ((options = PQconninfoParse(conninfo, NULL)) == NULL)
		return mem_strdup("(not a connection string)");
	for (o = options; o->keyword != NULL; o++) {
		if (o->val == NULL)
			continue;
		/* libpq marks passwords with "*". */
		put_option(&buf, o->keyword,
		    *o->dispchar == '*' ? "********" : o->val);
	}
	PQconninfoFree(options);
	return buf_detach(&buf);
}

int
pg_conninfo_check(const char *conninfo, struct err *err)
{
	PQconninfoOption *options;
	char *text = NULL;
	int rc = 0;

	if ((options = PQconninfoParse(conninfo, &text)) == NULL)
		rc = err_set(err, ERR_CONFIG, "%.*s",
		    text == NULL ? INT_MAX : (int)strcspn(text, "\n"),
		    text == NULL ? "not a connection string" : text);
	PQfreemem(text);
	PQconninfoFree(options);
	return rc;
}
