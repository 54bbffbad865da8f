/* SPDX-License-Identifier: ISC */
/* Devices: what acts on the commands of an application's actions, each with a
 * key of its own (wire/wallboard 5.4). */
#ifndef CREEL_DEVICE_DEVICE_H
#define CREEL_DEVICE_DEVICE_H

#include <stddef.h>

#include "http/route.h"

#define DEVICE_TAGS_MAX 32	/* of one device */

extern const struct route device_routes[];

/* What is wrong with n texts as the tags of one device (label.h), for people
 * to read; NULL if nothing is. */
const char *device_tags_wrong(const char *const *tags, size_t n);

/*
 * A target (route.h) of what a device asks for itself: sets req->application to
 * the one of its key.  -1 with ERR_FORBIDDEN for a credential that is of no
 * single application; whether it is a device's is for the statement to tell
 * that comes next.
 */
int device_me(struct req *, struct err *);

/* What they hear whose credential is no device's; -1. */
int device_missing(struct err *);

#endif
