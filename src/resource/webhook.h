/* SPDX-License-Identifier: ISC */
/*
 * Losant's REST resource of webhooks (wire/losant 1.1 to 1.6): hooks of the
 * kind "webhook", listed, created, returned, changed and deleted.  Calls to
 * webhooks are in door/losant_trigger.c.
 */
#ifndef CREEL_RESOURCE_WEBHOOK_H
#define CREEL_RESOURCE_WEBHOOK_H

#include "http/route.h"

extern const struct route webhook_routes[];

#endif
