/* SPDX-License-Identifier: ISC */
/* Parses and moves cursors, and finds their kinds. */
#include <stdio.h>
#include <string.h>

#include "event/cursor.h"

bool
cursor_parse(const char *s, struct cursor *out)
{
	size_t digits;

	if (s[0] == '\0' || s[1] != ':')
		return false;
	digits = strspn(s + 2, "0123456789");
	if (digits == 0 || digits > CURSOR_DIGITS_MAX ||
	    s[2 + digits] != ':' ||
	    !id_parse_guid(s + 3 + digits, out->event))
		return false;
	out->kind = s[0];
	memcpy(out->position, s + 2, digits);
	out->position[digits] = '\0';
	return true;
}

void
cursor_set(struct cursor *cursor, const char *position, const char *event)
{
	snprintf(cursor->position, sizeof(cursor->position), "%s", position);
	snprintf(cursor->event, sizeof(cursor->event), "%s", event);
}

const struct cursor_kind *
cursor_kind(const struct cursor_kind *kind, char letter)
{
	while (kind->order != NULL && kind->letter != letter)
		kind++;
	return kind->order == NULL ? NULL : kind;
}

const struct cursor_kind *
cursor_begin(const struct cursor_kind *kind, const char *order)
{
	while (order != NULL && kind->order != NULL &&
	    strcmp(kind->order, order) != 0)
		kind++;
	return kind->order == NULL ? NULL : kind;
}
