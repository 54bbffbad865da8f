/* SPDX-License-Identifier: ISC */
/*
 * Scopes: the rights of a credential.  A list of names becomes a set of bits;
 * group names (all.Application, all.Application.read, datasource.*, ...) stand
 * for several scopes (wire/losant 1.3).
 */
#ifndef CREEL_AUTH_SCOPE_H
#define CREEL_AUTH_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scope_flag {
	SCOPE_READS = 1 << 0,	/* changes nothing */
	SCOPE_WIDE = 1 << 1,	/* beyond a single application */
	SCOPE_CLI = 1 << 2,	/* for a person at a terminal */
	SCOPE_ALONE = 1 << 3	/* in no group: granted by its name */
};

enum scope_bit {
#define SCOPE(name, text, flags) SCOPE_BIT_##name,
#include "auth/scope.def"
#undef SCOPE
	SCOPE__COUNT
};

/* SCOPE_EVENT_GET and so on.  Values wider than int are C23's and, before it,
 * an extension of gcc and clang. */
__extension__ enum scope {
#define SCOPE(name, text, flags) \
	SCOPE_##name = UINT64_C(1) << SCOPE_BIT_##name,
#include "auth/scope.def"
#undef SCOPE
};

/* Returns whether s has the form of a name: words of letters, separated by
 * dots; the last word may be a star. */
bool scope_is_name(const char *s);
/* Returns the bits of a scope or a group; 0 for an unknown name. */
uint64_t scope_parse(const char *name);
/* Returns the bit of a single scope, or of a word of Wallboard's keys
 * (wire/wallboard 5.1); 0 for all other names, groups included. */
uint64_t scope_single(const char *name);
/* Returns whether an application token may have a scope of this name: one of
 * all.Application, or an unknown name of a valid form, which Losant may
 * know. */
bool scope_is_for_token(const char *name);
/* Returns the first of names, separated by spaces, with a bit that is not in
 * held, and its length; NULL if there is none.  An unknown name needs all bits
 * of all.Application. */
const char *scope_missing(uint64_t held, const char *names, size_t *n);
/* Returns the bits of names separated by spaces; unknown names are ignored. */
uint64_t scope_parse_list(const char *names);

#endif
