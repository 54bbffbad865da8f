/* SPDX-License-Identifier: ISC */
/* Writes CSV that spreadsheets do not evaluate as formulas. */
#include <string.h>

#include "base/csv.h"

struct word {
	const char *text;
	size_t len;
};

#define WORD(s) { s, sizeof(s) - 1 }

/* Returns the length of the word that the text begins with, or 0. */
static size_t
word_at(const struct word *words, const char *text, size_t len)
{
	for (; words->len > 0; words++)
		if (len >= words->len &&
		    memcmp(text, words->text, words->len) == 0)
			return words->len;
	return 0;
}

static bool
is_formula(const char *text, size_t len)
{
	/* Blanks that some spreadsheets drop: SPACE, NO-BREAK SPACE,
	 * IDEOGRAPHIC SPACE, BYTE ORDER MARK. */
	static const struct word blanks[] = {
		WORD(" "), WORD("\xc2\xa0"), WORD("\xe3\x80\x80"),
		WORD("\xef\xbb\xbf"), { NULL, 0 }
	};
	/* The last four are the FULLWIDTH ones. */
	static const struct word starts[] = {
		WORD("="), WORD("+"), WORD("-"), WORD("@"), WORD("\t"),
		WORD("\r"), WORD("\n"), WORD("\0"), WORD("\xef\xbc\x9d"),
		WORD("\xef\xbc\x8b"), WORD("\xef\xbc\x8d"),
		WORD("\xef\xbc\xa0"), { NULL, 0 }
	};
	size_t n;

	while ((n = word_at(blanks, text, len)) > 0) {
		text += n;
		len -= n;
	}
	return word_at(starts, text, len) > 0;
}

/* Some spreadsheets separate values by semicolons or tabs. */
static bool
is_special(const char *text, size_t len)
{
	static const char special[] = ",;\"\t\r\n";
	size_t i;

	for (i = 0; i < len; i++)
		if (memchr(special, text[i], sizeof(special) - 1) != NULL)
			return true;
	return false;
}

void
csv_put(struct buf *b, const char *text, size_t len, bool text_like)
{
	const char *end = text + len, *quote;

	if (!text_like && !is_special(text, len)) {
		buf_add(b, text, len);
		return;
	}
	buf_addch(b, '"');
	if (text_like && is_formula(text, len))
		buf_addch(b, '\'');
	while (len > 0 &&
	    (quote = memchr(text, '"', (size_t)(end - text))) != NULL) {
		buf_add(b, text, (size_t)(quote + 1 - text));
		buf_addch(b, '"');
		text = quote + 1;
		len = (size_t)(end - text);
	}
	buf_add(b, text, len);
	buf_addch(b, '"');
}
