/* SPDX-License-Identifier: ISC */
/* Checks the body of a call against the fields of its form. */
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
	 * of each value as it was sent, or as a lenient form read it, or null
	 * where it is missing.  NULL if the call failed.  PostgreSQL's json
	 * operators work on it. */
	const char *record;
	size_t record_len;
	/* UTF-8 without control characters, at most FORM_REMARKS_MAX bytes:
	 * the fields that failed and why, or those that a lenient form read
	 * and how; names of unknown fields, and fields that were sent more than
	 * once (wire/quixy 4.1, "remarks"); "" if there are none.  They hold no
	 * values, because their readers may not be allowed to read bodies. */
	const char *remarks;
};

/*
 * Checks a body, a JSON object that jsn_scan() accepted, against a form.
 * Unknown fields never fail it; if a field is sent more than once, the last
 * value is used.  A field that is missing or null, or a text that is "", is
 * empty; the call fails if the field is required.  A lenient form accepts all
 * that a strict one accepts, with the same record, and the spellings that the
 * types read (form_type.h).  The strings of out live in the arena.
 */
void form_check(const struct form_fields *, const char *body, size_t len,
    struct arena *, struct form_outcome *out);

/* Appends a JSON object with a value for every field, which form_check()
 * accepts without a remark (wire/quixy 4.1, "JSON Structure"). */
void form_example(const struct form_fields *, struct buf *);

#endif
