/* SPDX-License-Identifier: ISC */
/*
 * Scopes: what a credential may do.  A list of names becomes a set of bits;
 * group names (all.Application, all.Application.read, datasource.*, ...) stand
 * for several (wire/losant 1.3).
 */
#ifndef CREEL_AUTH_SCOPE_H
#define CREEL_AUTH_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

enum scope_flag {
	SCOPE_READS = 1 << 0,	/* changes nothing */
	SCOPE_WIDE = 1 << 1,	/* beyond a single application */
	SCOPE_CLI = 1 << 2	/* for a person at a terminal */
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

/* Whether s has the form of a name: words of letters with dots between, the
 * last of which may be a star. */
bool scope_is_name(const char *s);
/* The bits of one name, group or single; 0 for a name that is not known. */
uint64_t scope_parse(const char *name);
/* The bit of a name that stands for this one right: a scope's own, or a word
 * of Wallboard's keys (wire/wallboard 5.1); 0 for all others, groups among
 * them. */
uint64_t scope_single(const char *name);
/* The bits of names with spaces between; unknown ones are passed over. */
uint64_t scope_parse_list(const char *names);

#endif
