/* SPDX-License-Identifier: ISC */
/* A call to a form: what of its body is a record, and what is wrong with it. */
#ifndef CREEL_HOOK_FORM_CHECK_H
#define CREEL_HOOK_FORM_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "hook/form_field.h"

#define FORM_REMARKS_MAX 2000	/* bytes */

struct form_outcome {
	bool ok;
	/* A JSON object of exactly the form's fields, in their order: the text
	 * of each value as it came, or null where there is none.  NULL if the
	 * call failed.  PostgreSQL's json operators work on it. */
	const char *record;
	size_t record_len;
	/* UTF-8 without control characters, at most FORM_REMARKS_MAX bytes:
	 * the fields that failed and why, names that are no field's, and
	 * fields that came more than once (wire/quixy 4.1, "remarks"); "" if
	 * there is nothing to say. */
	const char *remarks;
};

/*
 * Checks a body, a JSON object that jsn_scan() accepted, against a form.
 * Names that are no field's never fail it; of a field that comes more than
 * once the last counts.  A field that is not there, or null, or a text that is
 * "", is empty, which fails if it is required.  What out gets lives in the
 * arena.
 */
void form_check(const struct form_fields *, const char *body, size_t len,
    struct arena *, struct form_outcome *out);

/* Appends a JSON object with a value for every field, which form_check()
 * passes without a remark (wire/quixy 4.1, "JSON Structure"). */
void form_example(const struct form_fields *, struct buf *);

#endif
