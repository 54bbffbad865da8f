/* SPDX-License-Identifier: ISC */
/* The commands creelctl application. */
#ifndef CREEL_CTL_APPLICATION_H
#define CREEL_CTL_APPLICATION_H

#include "ctl/ctl.h"

#define OPTIONS_RETENTION \
	{ "retention", "DAYS", 0, \
	    "days until its events expire; 0: never", 0 }, \
	{ "retention-failed", "DAYS", 0, \
	    "days until failed events do; 0: as the others", 0 },

/* Reads OPTIONS_RETENTION as the text of numbers, "default" or NULL. */
int application_retention(const struct ctl *, const char **days,
    const char **failed_days, struct err *);

extern const struct ctl_option application_create_options[];
/* Creates an application for each name, at most 100 in a transaction, and
 * prints them.  If it fails, those that were printed exist. */
int application_create(struct ctl *, struct err *);

#endif
