/* SPDX-License-Identifier: ISC */
/* Actions: what a call of the Wallboard door has devices do. */
#ifndef CREEL_RESOURCE_ACTION_H
#define CREEL_RESOURCE_ACTION_H

#include "http/route.h"

extern const struct route action_routes[];

#endif
