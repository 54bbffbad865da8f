/*
 * Scopes: what a credential may do.  A list of names becomes a set of bits;
 * group names (all.Application, all.Application.read, datasource.*, ...) stand
 * for several.
 */
#ifndef CREEL_AUTH_SCOPE_H
#define CREEL_AUTH_SCOPE_H

#include <stdint.h>

enum scope_bit {
#define SCOPE(name, text, reads) SCOPE_BIT_##name,
#include "auth/scope.def"
#undef SCOPE
	SCOPE__COUNT
};

enum scope {
#define SCOPE(name, text, reads) SCOPE_##name = 1 << SCOPE_BIT_##name,
#include "auth/scope.def"
#undef SCOPE
};

/* The bits of one name, group or single; 0 for a name that is not known. */
uint64_t scope_parse(const char *name);
/* The bits of names with spaces between; unknown ones are passed over. */
uint64_t scope_parse_list(const char *names);

#endif
