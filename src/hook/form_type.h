/* SPDX-License-Identifier: ISC */
/* The types of a form's fields: adding one is a row of form_types. */
#ifndef CREEL_HOOK_FORM_TYPE_H
#define CREEL_HOOK_FORM_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/jsn.h"
#include "hook/form_field.h"

/* The limits that a type knows (form_field.h). */
#define FORM_LIMIT_LENGTH 0x1u		/* minLength, maxLength */
#define FORM_LIMIT_RANGE 0x2u		/* minimum, maximum, integer */
#define FORM_LIMIT_ITEMS 0x4u		/* maxItems */
#define FORM_LIMIT_CHOICES 0x8u		/* choices, which it must have */

struct form_type {
	const char *name;
	enum jsn_type json;	/* what its values are in JSON */
	const char *wrong;	/* what is said of others */
	bool blank;		/* "" is no value, as null is */
	unsigned limits;
	/* What is wrong with a value of the right JSON type, or NULL: s is
	 * what a string stands for, any other value's text.  NULL if nothing
	 * can be. */
	const char *(*check)(const struct form_field *, const char *s,
	    size_t len);
	/* Appends a value that passes, as JSON. */
	void (*example)(const struct form_field *, struct buf *);
};

extern const struct form_type form_types[];	/* ended by a NULL name */
const struct form_type *form_type_find(const char *name, size_t len);

#endif
