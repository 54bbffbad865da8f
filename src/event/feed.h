/* SPDX-License-Identifier: ISC */
/* The feed: readers receive an application's events, of hooks of every kind, as
 * Losant's workflows receive those of webhooks (wire/losant 1.7). */
#ifndef CREEL_EVENT_FEED_H
#define CREEL_EVENT_FEED_H

#include "http/route.h"

extern const struct route feed_routes[];

#endif
