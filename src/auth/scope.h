/*
 * Scopes: what a credential may do.  A list of names becomes a set of bits;
 * group names (all.Application, all.Application.read, datasource.*, ...) stand
 * for several (WIRE 1.3).
 */
#ifndef CREEL_AUTH_SCOPE_H
#define CREEL_AUTH_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

enum scope_bit {
#define SCOPE(name, text, reads) SCOPE_BIT_##name,
#include "auth/scope.def"
#undef SCOPE
	SCOPE__COUNT
};

#define SCOPE_DATASOURCE_GET	(UINT64_C(1) << SCOPE_BIT_DATASOURCE_GET)
#define SCOPE_DATASOURCE_POST	(UINT64_C(1) << SCOPE_BIT_DATASOURCE_POST)
#define SCOPE_EVENT_GET		(UINT64_C(1) << SCOPE_BIT_EVENT_GET)
#define SCOPE_EVENT_BODY	(UINT64_C(1) << SCOPE_BIT_EVENT_BODY)
#define SCOPE_WEBHOOKS_GET	(UINT64_C(1) << SCOPE_BIT_WEBHOOKS_GET)
#define SCOPE_WEBHOOKS_POST	(UINT64_C(1) << SCOPE_BIT_WEBHOOKS_POST)
#define SCOPE_WEBHOOK_GET	(UINT64_C(1) << SCOPE_BIT_WEBHOOK_GET)
#define SCOPE_WEBHOOK_PATCH	(UINT64_C(1) << SCOPE_BIT_WEBHOOK_PATCH)
#define SCOPE_WEBHOOK_DELETE	(UINT64_C(1) << SCOPE_BIT_WEBHOOK_DELETE)
#define SCOPE_WEBHOOK_REPLY	(UINT64_C(1) << SCOPE_BIT_WEBHOOK_REPLY)
#define SCOPE_APPLICATIONS_GET	(UINT64_C(1) << SCOPE_BIT_APPLICATIONS_GET)
#define SCOPE_APPLICATIONS_POST	(UINT64_C(1) << SCOPE_BIT_APPLICATIONS_POST)
#define SCOPE_APPLICATION_GET	(UINT64_C(1) << SCOPE_BIT_APPLICATION_GET)
#define SCOPE_APPLICATION_PATCH	(UINT64_C(1) << SCOPE_BIT_APPLICATION_PATCH)
#define SCOPE_APPLICATION_DELETE (UINT64_C(1) << SCOPE_BIT_APPLICATION_DELETE)
#define SCOPE_TOKENS_GET	(UINT64_C(1) << SCOPE_BIT_TOKENS_GET)
#define SCOPE_TOKENS_POST	(UINT64_C(1) << SCOPE_BIT_TOKENS_POST)
#define SCOPE_TOKEN_GET		(UINT64_C(1) << SCOPE_BIT_TOKEN_GET)
#define SCOPE_TOKEN_PATCH	(UINT64_C(1) << SCOPE_BIT_TOKEN_PATCH)
#define SCOPE_TOKEN_DELETE	(UINT64_C(1) << SCOPE_BIT_TOKEN_DELETE)
#define SCOPE_FORMS_GET		(UINT64_C(1) << SCOPE_BIT_FORMS_GET)
#define SCOPE_FORMS_POST	(UINT64_C(1) << SCOPE_BIT_FORMS_POST)
#define SCOPE_FORM_GET		(UINT64_C(1) << SCOPE_BIT_FORM_GET)
#define SCOPE_FORM_POST		(UINT64_C(1) << SCOPE_BIT_FORM_POST)
#define SCOPE_FORM_PATCH	(UINT64_C(1) << SCOPE_BIT_FORM_PATCH)
#define SCOPE_FORM_DELETE	(UINT64_C(1) << SCOPE_BIT_FORM_DELETE)
#define SCOPE_USERS_GET		(UINT64_C(1) << SCOPE_BIT_USERS_GET)
#define SCOPE_USERS_POST	(UINT64_C(1) << SCOPE_BIT_USERS_POST)
#define SCOPE_USER_GET		(UINT64_C(1) << SCOPE_BIT_USER_GET)
#define SCOPE_USER_PATCH	(UINT64_C(1) << SCOPE_BIT_USER_PATCH)
#define SCOPE_USER_DELETE	(UINT64_C(1) << SCOPE_BIT_USER_DELETE)
#define SCOPE_EVENT_RETRY	(UINT64_C(1) << SCOPE_BIT_EVENT_RETRY)

/* Whether s has the form of a name: words of letters with dots between, the
 * last of which may be a star. */
bool scope_is_name(const char *s);
/* The bits of one name, group or single; 0 for a name that is not known. */
uint64_t scope_parse(const char *name);
/* The bits of names with spaces between; unknown ones are passed over. */
uint64_t scope_parse_list(const char *names);

#endif
