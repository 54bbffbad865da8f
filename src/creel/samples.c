/* SPDX-License-Identifier: ISC */
/*
 * samples: generates the web servers' sample configurations from the route
 * tables, when Creel is built.
 *
 *	samples <TEMPLATE >SAMPLE	replaces @marks@
 *	samples FOLDER			writes Apache's error pages there
 *
 * A path belongs to the door of its first segment, as in route_find(), so maps
 * and error pages are named by first segments.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "creel/expression.h"
#include "creel/pages.h"
#include "creel/routes.h"
#include "creel/rows.h"

static struct arena arena = ARENA_INIT;

static void line_fill(const char *line, struct buf *out);

/* -- regular expressions */

/* Appends the words as alternatives; without words, an expression that matches
 * nothing. */
static void
put_words(struct buf *out, row_fn *fn,
    void (*put)(struct buf *, const char *))
{
	struct words words;
	size_t i;

	rows_walk(routes, fn, &arena, &words);
	for (i = 0; i < words.n; i++) {
		if (i > 0)
			buf_addch(out, '|');
		put(out, words.at[i]);
	}
	if (words.n == 0)
		buf_addstr(out, "(?!)");
}

/* -- marks */

static void
mark_segments(struct buf *out)
{
	put_words(out, row_segment, expression_quote);
}

static void
mark_singles(struct buf *out)
{
	put_words(out, row_single, expression_quote);
}

static void
mark_secret_paths(struct buf *out)
{
	put_words(out, row_secret_path, expression_disguise);
}

static void
mark_open_paths(struct buf *out)
{
	put_words(out, row_open_path, expression_quote);
}

static void
mark_secret_names(struct buf *out)
{
	put_words(out, row_secret_name, expression_quote);
}

/* -- masks of access logs: each matches a credential between $1 and $2 */

static void
mark_mask_authority(struct buf *out)
{
	line_fill("^(\\S+\\s+(?:[a-z][\\w+.-]*:/+)?)[^/\\s].*@(.*)$", out);
}

static void
mark_mask_path(struct buf *out)
{
	line_fill("^(?!\\S+ (?:https?://[^/\\s]*)?/(?:@open_paths@)"
	    "(?:/[\\w-]+)*/?(?:[?\\s]|$))(.*?"
	    "(?:(?:@secret_paths@)" SLASHES ")+)[^/?\\s]*(.*)$", out);
}

static void
mark_mask_query(struct buf *out)
{
	/* In two parts, because ??( is a trigraph. */
	line_fill("^([^?]*\\?(?:.*?[&;])?" "?(?:@secret_names@|"
	    "[^=&%]*+%[^=&]*+)=).*?" PROTOCOL "$", out);
}

/*
 * A key, a JWT, the token of a webhook in a URL, or user and password of a URL.
 * The shortest header of a JWT, {"alg":"none"}, has 19 characters.  Repetitions
 * of its characters and of the password's have limits: a web server logs the
 * text unmasked if a match takes too many steps.
 */
static void
mark_mask_text(struct buf *out)
{
	buf_addstr(out, "^(.*?)(?:");
	expression_disguise(out, "ck_");
	buf_addstr(out, CHARACTER "{43}|");
	expression_disguise(out, "eyJ");
	buf_addstr(out, CHARACTER "{16}|");
	line_fill("(?:@secret_paths@)" SLASHES CHARACTER "{32}|", out);
	/* Unless it is the one that mask_authority has masked. */
	buf_addstr(out, SLASH "{2}(?!\\*{5}@)[^\\s/?]{0,255}?(?:@|" ESCAPE
	    "40)).*?" PROTOCOL "$");
}

static const struct {
	const char *name;
	void (*put)(struct buf *);
} marks[] = {
	{ "@segments@", mark_segments },
	{ "@singles@", mark_singles },
	{ "@secret_paths@", mark_secret_paths },
	{ "@open_paths@", mark_open_paths },
	{ "@secret_names@", mark_secret_names },
	{ "@mask_authority@", mark_mask_authority },
	{ "@mask_path@", mark_mask_path },
	{ "@mask_query@", mark_mask_query },
	{ "@mask_text@", mark_mask_text },
	{ "@default@", pages_default },
	{ "@error_maps@", pages_error_maps },
	{ "@error_pages@", pages_error_pages },
	{ "@early_pages@", pages_early_pages },
	{ "@host_returns@", pages_host_returns },
	{ "@error_documents@", pages_error_documents },
	{ "@early_documents@", pages_early_documents },
	{ "@error_headers@", pages_error_headers }
};

#define MARKS (sizeof(marks) / sizeof(marks[0]))

/* Replaces the marks of a line. */
static void
line_fill(const char *line, struct buf *out)
{
	size_t i;

	while (*line != '\0') {
		for (i = 0; i < MARKS; i++)
			if (strncmp(line, marks[i].name,
			    strlen(marks[i].name)) == 0)
				break;
		if (i < MARKS) {
			marks[i].put(out);
			line += strlen(marks[i].name);
		} else {
			buf_addch(out, *line++);
		}
	}
}

static int
template_fill(void)
{
	char *line = NULL;
	size_t size = 0;
	struct buf out;
	bool failed;

	buf_init(&out);
	while (getline(&line, &size, stdin) != -1)
		line_fill(line, &out);
	free(line);
	failed = ferror(stdin) || fwrite(out.data, 1, out.len, stdout) !=
	    out.len || fflush(stdout) != 0;
	buf_release(&out);
	return failed ? -1 : 0;
}

int
main(int argc, char **argv)
{
	const char *fault = rows_fault(routes, &arena);
	int rc;

	if (fault != NULL) {
		fprintf(stderr, "samples: %s\n", fault);
		arena_release(&arena);
		return EX_SOFTWARE;
	}
	rc = argc > 1 ? pages_write(argv[1]) : template_fill();
	if (rc < 0)
		fprintf(stderr, "samples: %s\n", strerror(errno));
	arena_release(&arena);
	pages_release();
	return rc < 0 ? EX_IOERR : EX_OK;
}
