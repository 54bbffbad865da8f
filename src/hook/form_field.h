/* SPDX-License-Identifier: ISC */
/*
 * The fields of a form, which its creator defines in a JSON array
 * (wire/quixy 4.3, "Fields").  A field is an object of
 *
 *	name		1 to 255 code points, no control characters, unique
 *	type		a row of form_types
 *	required	a boolean; default: false
 *
 * and the limits that its type has, with their defaults:
 *
 *	text	minLength (0 to 1,000; 0), maxLength (1 to 1,000,000; 32,767),
 *		in code points
 *	number	minimum, maximum (any number that a field can hold), integer
 *		(a boolean: whole numbers only)
 *	list	maxItems (0 to 100,000; 1,000)
 *	choice	choices: 1 to 100 strings as names are
 */
#ifndef CREEL_HOOK_FORM_FIELD_H
#define CREEL_HOOK_FORM_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/fail.h"

#define FORM_FIELDS_MAX 200
#define FORM_NAME_MAX 255
#define FORM_CHOICES_MAX 100

struct form_type;

struct form_word {		/* UTF-8 without control characters */
	const char *text;	/* terminated */
	size_t len;
};

struct form_bound {
	struct decimal value;
	const char *text;	/* as in the definition; not terminated */
	size_t len;		/* 0: no bound */
};

struct form_field {
	struct form_word name;
	const struct form_type *type;
	bool required;
	bool integer;
	size_t min_length;
	size_t max_length;
	size_t max_items;
	struct form_bound minimum;
	struct form_bound maximum;
	const struct form_word *choices;
	size_t choices_n;
};

struct form_fields {
	struct form_field *list;	/* in the form's order */
	const struct form_field **sorted;	/* for form_fields_find() */
	size_t n;
	bool lenient;		/* form_type's read() is used */
	const char *offset;	/* of date-times without one: Z, or as +05:30 */
};

#define FORM_UTC "UTC"
/*
 * Returns whether s can be a form's time zone.  It is an offset, because the C
 * library's time zones belong to the whole process, and because the hour that
 * a zone with daylight saving time repeats in autumn could only be guessed.
 */
bool form_is_time_zone(const char *s);

/*
 * Parses a definition of 1 to FORM_FIELDS_MAX fields.  *out lives in the arena
 * and borrows from text.  It is the same for a definition that was sent and for
 * a stored one, which PostgreSQL's jsonb has rewritten.  A field that no value
 * could match is rejected.  -1 with ERR_BAD_REQUEST and the wording of
 * base/field.h: "fields[2].type must be an enum value".  The form is strict,
 * and its time zone UTC.
 */
int form_fields_parse(const char *text, size_t len, struct arena *,
    struct form_fields **out, struct err *);

/* The same for the stored settings of a form (its id or app key): fields,
 * lenient and timeZone.  -1 with ERR_INTERNAL, because wrong ones are not the
 * client's error. */
int form_fields_stored(const char *form, const char *settings, struct arena *,
    struct form_fields **out, struct err *);

/* Returns the field with this name, or NULL. */
const struct form_field *form_fields_find(const struct form_fields *,
    const char *name, size_t len);

#endif
