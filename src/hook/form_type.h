/* SPDX-License-Identifier: ISC */
/* The types of form fields.  A new type is a row of form_types. */
#ifndef CREEL_HOOK_FORM_TYPE_H
#define CREEL_HOOK_FORM_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/jsn.h"
#include "hook/form_field.h"

/* The limits that a type has (form_field.h). */
#define FORM_LIMIT_LENGTH 0x1u		/* minLength, maxLength */
#define FORM_LIMIT_RANGE 0x2u		/* minimum, maximum, integer */
#define FORM_LIMIT_ITEMS 0x4u		/* maxItems */
#define FORM_LIMIT_CHOICES 0x8u		/* choices, which are required */

struct form_type {
	const char *name;
	enum jsn_type json;	/* type of its values in JSON */
	const char *wrong;	/* the remark on values of other types */
	bool blank;		/* "" counts as missing, like null */
	unsigned limits;
	/* Returns what is wrong with a value of this JSON type, or NULL.  s is
	 * the decoded string, or the JSON text of any other value.  NULL: all
	 * values are valid. */
	const char *(*check)(const struct form_field *, const char *s,
	    size_t len);
	/* Reads a text that the check rejects, without blanks at its ends, for
	 * forms that are lenient: appends the value as the check expects it,
	 * in JSON, and returns the remark on how it was read, which may be in
	 * the arena.  Limits are checked afterwards.  Returns NULL, having
	 * appended anything, if the text is not clearly such a value.  NULL:
	 * the type has one spelling only. */
	const char *(*read)(const struct form_fields *, const char *s,
	    size_t len, struct arena *, struct buf *);
	/* Appends a valid value as JSON. */
	void (*example)(const struct form_field *, struct buf *);
};

extern const struct form_type form_types[];	/* ended by a NULL name */
/* Returns the type with this name, or NULL. */
const struct form_type *form_type_find(const char *name, size_t len);

#endif
