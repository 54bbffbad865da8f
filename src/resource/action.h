/* SPDX-License-Identifier: ISC */
/* The REST resource of actions: steps that devices execute when the Wallboard
 * door receives a call. */
#ifndef CREEL_RESOURCE_ACTION_H
#define CREEL_RESOURCE_ACTION_H

#include "http/route.h"

extern const struct route action_routes[];

#endif
