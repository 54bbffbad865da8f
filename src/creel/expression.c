/* SPDX-License-Identifier: ISC */
/* Expressions: regular expressions that nginx and Apache both understand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "creel/expression.h"

void
expression_reject(const char *text, const char *characters)
{
	if (text[strcspn(text, characters)] == '\0')
		return;
	fprintf(stderr, "samples: cannot write %s in: %s\n", characters, text);
	abort();
}

void
expression_quote(struct buf *out, const char *text)
{
	/* They end a regular expression of Apache, or its argument. */
	expression_reject(text, "#\"");
	for (; *text != '\0'; text++) {
		if (strchr(".+*?()[]{}|^$\\", *text) != NULL)
			buf_addch(out, '\\');
		buf_addch(out, *text);
	}
}

void
expression_disguise(struct buf *out, const char *path)
{
	char letter[2] = "";

	for (; *path != '\0'; path++) {
		if (*path == '/') {
			buf_addstr(out, SLASHES);
			continue;
		}
		*letter = *path;
		buf_addstr(out, "(?:");
		expression_quote(out, letter);
		buf_printf(out, "|%%(?:25)*%02x)", (unsigned char)*path);
	}
}
