/* SPDX-License-Identifier: ISC */
/* Device groups: sets of devices that a step of an action can target
 * (wire/wallboard 5.4). */
#ifndef CREEL_DEVICE_DEVICE_GROUP_H
#define CREEL_DEVICE_DEVICE_GROUP_H

#include "http/route.h"

extern const struct route device_group_routes[];

#endif
