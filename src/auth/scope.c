#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "auth/scope.h"

enum {
	SCOPES_ALL = 0
#define SCOPE(name, text, reads) | SCOPE_##name
#include "auth/scope.def"
#undef SCOPE
	,
	SCOPES_READ = 0
#define SCOPE(name, text, reads) | ((reads) ? SCOPE_##name : 0)
#include "auth/scope.def"
#undef SCOPE
};

/* How far all.* reaches (an application, an organization) the credential says
 * elsewhere: as rights they are the same. */
#define GROUP(name) \
	{ name, SCOPES_ALL }, \
	{ name ".bounded", SCOPES_ALL }, \
	{ name ".read", SCOPES_READ }

/* The single scopes, of which there are SCOPE__COUNT, then the groups. */
static const struct {
	const char *name;
	uint64_t bits;
} scopes[] = {
#define SCOPE(name, text, reads) { text, SCOPE_##name },
#include "auth/scope.def"
#undef SCOPE
	GROUP("all.Application"),
	GROUP("all.Organization"),
	GROUP("all.User")
};

/* "datasource.*": the single scopes that begin with "datasource."; n is the
 * name's length. */
static uint64_t
wildcard_parse(const char *name, size_t n)
{
	uint64_t bits = 0;
	size_t i;

	if (n < 2 || name[n - 2] != '.' || name[n - 1] != '*')
		return 0;
	for (i = 0; i < SCOPE__COUNT; i++)
		if (strncmp(scopes[i].name, name, n - 1) == 0)
			bits |= scopes[i].bits;
	return bits;
}

static uint64_t
name_parse(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strlen(scopes[i].name) == n &&
		    memcmp(scopes[i].name, name, n) == 0)
			return scopes[i].bits;
	return wildcard_parse(name, n);
}

uint64_t
scope_parse(const char *name)
{
	return name_parse(name, strlen(name));
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
