/* SPDX-License-Identifier: ISC */
/*
 * The body of a request that creates or changes a hook: the properties that are
 * columns (name, description and enabled) and the settings of the hook's kind.
 */
#ifndef CREEL_RESOURCE_HOOK_BODY_H
#define CREEL_RESOURCE_HOOK_BODY_H

#include <stdbool.h>

#include "base/fail.h"
#include "http/http.h"

/* Texts for a statement, in the request's arena.  NULL: not sent. */
struct hook_body {
	const char *name;
	const char *description;
	const char *enabled;	/* "true", "false" */
	const char *settings;	/* a JSON object, always */
};

/* Reads the body of a hook of this kind.  Required fields are required only if
 * is_new is true.  -1 with ERR_BAD_REQUEST, ERR_TOO_LARGE. */
int hook_body_parse(struct req *, const char *kind, bool is_new,
    struct hook_body *out, struct err *);

#endif
