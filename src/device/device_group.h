/* SPDX-License-Identifier: ISC */
/* Groups of devices, which actions address by their ids
 * (wire/wallboard 5.4). */
#ifndef CREEL_DEVICE_DEVICE_GROUP_H
#define CREEL_DEVICE_DEVICE_GROUP_H

#include "http/route.h"

extern const struct route device_group_routes[];

#endif
