/* SPDX-License-Identifier: ISC */
/* Hooks: URLs that receive calls.  Their kinds, and how a handle finds one. */
#ifndef CREEL_HOOK_HOOK_H
#define CREEL_HOOK_HOOK_H

#include <stdbool.h>

#include "base/field.h"
#include "http/http.h"

#define ACTION_TIMEOUT_MAX (7 * 24 * 60 * 60)	/* seconds */
#define HOOK_HANDLE_SIZE 64	/* of the longest, with its NUL */

/* A kind of hook.  A new kind is a row of hook_kinds. */
struct hook_kind {
	const char *name;		/* "datasource" */
	const struct field *settings;
	void (*new_handle)(char out[HOOK_HANDLE_SIZE]);
};

extern const struct hook_kind hook_kinds[];	/* ended by a NULL name */
const struct hook_kind *hook_kind(const char *name);	/* or NULL */

struct hook {
	const char *application;
	const char *id;
	const char *settings;	/* a JSON object's text */
	bool enabled;
};

/*
 * Sets req->hook to the enabled hook with this kind and handle.  -1 with
 * ERR_NOT_FOUND (also if the principal has no access to the hook's
 * application), ERR_FORBIDDEN (the credential is restricted to other hooks of
 * the application), or ERR_UNAVAILABLE.
 */
int hook_find(struct req *, const char *kind, const char *handle,
    struct err *);

/*
 * The same for a handle that is the credential: sets req->principal too, to one
 * that has access to this application and no scopes.  The hook may be
 * disabled.  -1 with ERR_NOT_FOUND or ERR_UNAVAILABLE.
 */
int hook_open(struct req *, const char *kind, const char *handle,
    struct err *);

#endif
