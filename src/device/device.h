/* SPDX-License-Identifier: ISC */
/* Devices: each executes commands of an application's actions and has a key of
 * its own (wire/wallboard 5.4). */
#ifndef CREEL_DEVICE_DEVICE_H
#define CREEL_DEVICE_DEVICE_H

#include <stddef.h>

#include "http/route.h"

#define DEVICE_TAGS_MAX 32	/* of one device */

extern const struct route device_routes[];

/* Returns what is wrong with n strings as the tags of a device (label.h), or
 * NULL. */
const char *device_tags_wrong(const char *const *tags, size_t n);

/*
 * A target (route.h) for requests of a device about itself: sets
 * req->application to that of its key.  -1 with ERR_FORBIDDEN if the credential
 * does not belong to a single application.  The statement that runs next checks
 * that it is a device key.
 */
int device_me(struct req *, struct err *);

/* Sets the error for a credential that is not a device key and returns -1. */
int device_missing(struct err *);

#endif
