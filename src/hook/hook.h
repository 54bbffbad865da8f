/* SPDX-License-Identifier: ISC */
/* Hooks: receiving addresses.  What they are and how a handle finds one. */
#ifndef CREEL_HOOK_HOOK_H
#define CREEL_HOOK_HOOK_H

#include <stdbool.h>

#include "base/field.h"
#include "http/http.h"

#define ACTION_TIMEOUT_MAX (7 * 24 * 60 * 60)	/* seconds */
#define HOOK_HANDLE_SIZE 64	/* of the longest, and the NUL */

/* A kind of hook; adding one is a row of hook_kinds. */
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
 * ERR_NOT_FOUND (also when it belongs to an application that the principal
 * does not reach), ERR_FORBIDDEN (its own application's, but the credential
 * is restricted to others), or ERR_UNAVAILABLE.
 */
int hook_find(struct req *, const char *kind, const char *handle,
    struct err *);

/*
 * The same where the handle is the credential: sets req->principal too, to one
 * that reaches this application and may do nothing else.  The hook may be
 * disabled.  -1 with ERR_NOT_FOUND or ERR_UNAVAILABLE.
 */
int hook_open(struct req *, const char *kind, const char *handle,
    struct err *);

#endif
