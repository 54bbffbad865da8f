/* SPDX-License-Identifier: ISC */
/* The quotas of applications and organizations (quota.def): names and limits of
 * their values. */
#ifndef CREEL_BASE_QUOTA_H
#define CREEL_BASE_QUOTA_H

#include <stdint.h>

#include "base/fail.h"
#include "base/field.h"
#include "base/jsn.h"

#define QUOTA_MAX INT64_C(9007199254740991)	/* exact in JSON: 2^53 - 1 */
#define QUOTA_NONE (-1)				/* no quota of this kind */

enum quota {
#define QUOTA(id, name, min, max, help) QUOTA_##id,
#include "base/quota.def"
#undef QUOTA
	QUOTA__COUNT
};

/* An object with these members, all optional, is valid (field_check()). */
extern const struct field quota_fields[];

const char *quota_name(enum quota);

/* Reads the members of an object, QUOTA_NONE where there is none. */
void quota_read(const struct jsn *, int64_t out[QUOTA__COUNT]);

/*
 * Appends "NAME=VALUE" to a JSON object that changes quotas: "storedBytes":5,
 * or null for the value "none".  Returns -1 with ERR_USAGE for another name or
 * value.
 */
int quota_parse(const char *text, struct buf *object, struct err *);

#endif
