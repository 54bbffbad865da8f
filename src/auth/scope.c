/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>

#include "auth/scope.h"

_Static_assert(SCOPE__COUNT <= 64, "more scopes than bits");

/* The single scopes. */
static const struct {
	const char *name;
	uint64_t bit;
	bool reads;
} scopes[SCOPE__COUNT] = {
#define SCOPE(name, text, reads) { text, SCOPE_##name, reads },
#include "auth/scope.def"
#undef SCOPE
};

/* Wallboard's keys have one of these (wire/wallboard 5.1). */
static const struct {
	const char *name;
	uint64_t bit;
} key_words[] = {
	{ "WEBHOOK_CALL", SCOPE_ACTION_CALL },
	{ "PROOF_OF_PLAY_READ", SCOPE_EVENT_GET },
	{ "DATASOURCE_DATA_READ", SCOPE_DATASOURCE_GET },
	{ "INTERNAL_DATASOURCE_WRITE", SCOPE_DATASOURCE_POST }
};

/* How far all.* reaches (an application, an organization) the credential says
 * elsewhere; as rights they differ in what one application cannot hold. */
#define GROUP(name, without) \
	{ name, false, without }, \
	{ name ".bounded", false, without }, \
	{ name ".read", true, without }

/* Where the others are of one application, these are of an organization; who
 * may see a key again is told so by name. */
#define ORGANIZATION "applications. users. user. apiKey.view"

static const struct {
	const char *name;
	bool only_reads;
	const char *without;	/* what is not among it begins so, words */
} groups[] = {
	GROUP("all.Application", ORGANIZATION),
	GROUP("all.Organization", ""),
	GROUP("all.User", "")
};

/* Those that are for people at a terminal: a few of each. */
static const struct {
	const char *name;
	uint64_t bits;
} few[] = {
	{ "all.Application.cli", SCOPE_APPLICATION_GET |
	    SCOPE_APPLICATION_PATCH },
	{ "all.User.cli", SCOPE_APPLICATION_GET | SCOPE_APPLICATION_PATCH |
	    SCOPE_APPLICATIONS_GET }
};

/* The single scopes whose names begin with the n bytes of prefix. */
static uint64_t
scopes_under(const char *prefix, size_t n, bool only_reads)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < SCOPE__COUNT; i++)
		if (strncmp(scopes[i].name, prefix, n) == 0 &&
		    (scopes[i].reads || !only_reads))
			bits |= scopes[i].bit;
	return bits;
}

static uint64_t
group_bits(size_t i)
{
	uint64_t bits = scopes_under("", 0, groups[i].only_reads);
	const char *word = groups[i].without;
	size_t n;

	for (; *word != '\0'; word += n + strspn(word + n, " ")) {
		n = strcspn(word, " ");
		bits &= ~scopes_under(word, n, false);
	}
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
	for (i = 0; i < sizeof(key_words) / sizeof(key_words[0]); i++)
		if (is_name(key_words[i].name, name, n))
			return key_words[i].bit;
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
			return group_bits(i);
	for (i = 0; i < sizeof(few) / sizeof(few[0]); i++)
		if (is_name(few[i].name, name, n))
			return few[i].bits;
	if (n < 2 || name[n - 2] != '.' || name[n - 1] != '*')
		return 0;
	return scopes_under(name, n - 1, false);
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
