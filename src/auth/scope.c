/* SPDX-License-Identifier: ISC */
/* Scopes: translates names of scopes and groups to bits. */
#include <string.h>

#include "auth/scope.h"

_Static_assert(SCOPE__COUNT <= 64, "more scopes than bits");

#define APPLICATION "all.Application"

/* The single scopes. */
static const struct {
	const char *name;
	uint64_t bit;
	unsigned flags;
} scopes[SCOPE__COUNT] = {
#define SCOPE(name, text, flags) { text, SCOPE_##name, flags },
#include "auth/scope.def"
#undef SCOPE
};

/* Other products' names for single scopes. */
static const struct {
	const char *name;
	uint64_t bit;
} aliases[] = {
#define SCOPE(name, text, flags)
#define SCOPE_WORD(name, text) { text, SCOPE_##name },
#include "auth/scope.def"
#undef SCOPE
};

/* The credential itself limits all.* to an application or an organization.  The
 * groups differ in the rights that exceed one application. */
static const struct {
	const char *name;
	unsigned with;		/* enum scope_flag: each scope has these, */
	unsigned without;	/* and none of these */
} groups[] = {
#define GROUP(name, without) \
	{ name, 0, without }, \
	{ name ".bounded", 0, without }, \
	{ name ".read", SCOPE_READS, without }
	GROUP(APPLICATION, SCOPE_WIDE),
	GROUP("all.Organization", 0),
	GROUP("all.User", 0),
	{ "all.Application.cli", SCOPE_CLI, SCOPE_WIDE },
	{ "all.User.cli", SCOPE_CLI, 0 }
};

/* Returns the single scopes with names that begin with the n bytes of prefix,
 * and with these flags. */
static uint64_t
scopes_select(const char *prefix, size_t n, unsigned with, unsigned without)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < SCOPE__COUNT; i++)
		if (strncmp(scopes[i].name, prefix, n) == 0 &&
		    (scopes[i].flags & with) == with &&
		    (scopes[i].flags & without) == 0)
			bits |= scopes[i].bit;
	return bits;
}

static bool
is_name(const char *known, const char *name, size_t n)
{
	return strlen(known) == n && memcmp(known, name, n) == 0;
}

static uint64_t
single_parse(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < SCOPE__COUNT; i++)
		if (is_name(scopes[i].name, name, n))
			return scopes[i].bit;
	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (is_name(aliases[i].name, name, n))
			return aliases[i].bit;
	return 0;
}

/* "datasource.*" is all that begins with "datasource.". */
static uint64_t
name_parse(const char *name, size_t n)
{
	uint64_t bit = single_parse(name, n);
	size_t i;

	if (bit != 0)
		return bit;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (is_name(groups[i].name, name, n))
			return scopes_select("", 0, groups[i].with,
			    groups[i].without | SCOPE_ALONE);
	if (n < 2 || name[n - 2] != '.' || name[n - 1] != '*')
		return 0;
	return scopes_select(name, n - 1, 0, 0);
}

bool
scope_is_name(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t words = 0, n;

	for (;; s++) {
		n = strspn(s, letters);
		s += n;
		words++;
		if (n == 0)
			return words > 1 && strcmp(s, "*") == 0;
		if (*s != '.')
			return words > 1 && *s == '\0';
	}
}

uint64_t
scope_parse(const char *name)
{
	return name_parse(name, strlen(name));
}

uint64_t
scope_single(const char *name)
{
	return single_parse(name, strlen(name));
}

bool
scope_is_for_token(const char *name)
{
	return scope_is_name(name) &&
	    (scope_parse(name) & ~scope_parse(APPLICATION)) == 0;
}

const char *
scope_missing(uint64_t held, const char *names, size_t *n)
{
	uint64_t bits;

	for (; *names != '\0'; names += strspn(names, " ")) {
		*n = strcspn(names, " ");
		bits = name_parse(names, *n);
		if (bits == 0 && *n > 0)
			bits = scope_parse(APPLICATION);
		if ((bits & ~held) != 0)
			return names;
		names += *n;
	}
	return NULL;
}

uint64_t
scope_parse_list(const char *names)
{
	uint64_t bits = 0;
	size_t n;

	for (; *names != '\0'; names += strspn(names, " ")) {
		n = strcspn(names, " ");
		bits |= name_parse(names, n);
		names += n;
	}
	return bits;
}
