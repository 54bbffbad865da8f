/* SPDX-License-Identifier: ISC */
/* Parses header fields that others supply: names, values and media types. */
#include <string.h>
#include <strings.h>

#include "http/header.h"
#include "http/http.h"

#define BLANKS " \t"

size_t
header_token_length(const char *s)
{
	return strspn(s, HTTP_TOKEN);
}

/* Returns whether a character may be inside a value or a quoted string. */
static bool
is_text(char c)
{
	return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

bool
header_value_is_valid(const char *s, size_t n)
{
	size_t i;

	if (n > 0 && (strchr(BLANKS, s[0]) != NULL ||
	    strchr(BLANKS, s[n - 1]) != NULL))
		return false;
	for (i = 0; i < n; i++)
		if (!is_text(s[i]))
			return false;
	return true;
}

/* Returns the length of the quoted string at the start; 0: none. */
static size_t
quoted_length(const char *s)
{
	size_t i;

	if (*s != '"')
		return 0;
	for (i = 1; s[i] != '"'; i++) {
		if (s[i] == '\\')
			i++;
		if (!is_text(s[i]))
			return 0;
	}
	return i + 1;
}

/* Returns the length of "name=value" at the start, and that of the name; 0:
 * malformed. */
static size_t
parameter_length(const char *s, size_t *name)
{
	size_t value;

	*name = header_token_length(s);
	if (*name == 0 || s[*name] != '=')
		return 0;
	s += *name + 1;
	value = *s == '"' ? quoted_length(s) : header_token_length(s);
	return value == 0 ? 0 : *name + 1 + value;
}

/* Returns the next parameter of valid ones, or the end of the text. */
static const char *
parameter_next(const char *s)
{
	return s + strspn(s, "; \t");
}

/* Returns whether one of the parameters from s up to end has the name. */
static bool
is_repeated(const char *s, const char *end, const char *name, size_t n)
{
	size_t len;

	for (s = parameter_next(s); s < end;
	    s = parameter_next(s + parameter_length(s, &len)))
		if (strncasecmp(s, name, n) == 0 && s[n] == '=')
			return true;
	return false;
}

static bool
parameters_are_valid(const char *first)
{
	const char *s = first;
	size_t n, name;

	while (*s != '\0') {
		s += strspn(s, BLANKS);
		if (*s++ != ';')
			return false;
		s += strspn(s, BLANKS);
		if (*s == ';' || *s == '\0')
			continue;
		n = parameter_length(s, &name);
		if (n == 0 || is_repeated(first, s, s, name))
			return false;
		s += n;
	}
	return true;
}

/* Returns the length of "type/subtype" at the start; 0: none. */
static size_t
type_length(const char *s)
{
	size_t type = header_token_length(s), subtype;

	if (type == 0 || s[type] != '/' ||
	    (subtype = header_token_length(s + type + 1)) == 0)
		return 0;
	return type + 1 + subtype;
}

size_t
header_type_length(const char *s)
{
	size_t n = type_length(s), blanks = strspn(s + n, BLANKS);

	return s[n + blanks] == ';' || s[n + blanks] == '\0' ? n : 0;
}

size_t
header_type_valid(const char *s)
{
	size_t n = type_length(s);

	return n > 0 && parameters_are_valid(s + n) ? n : 0;
}
