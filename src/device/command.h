/* SPDX-License-Identifier: ISC */
/* Commands: the steps of the events that address a device, which reads them by
 * a cursor (wire/wallboard 5.4). */
#ifndef CREEL_DEVICE_COMMAND_H
#define CREEL_DEVICE_COMMAND_H

#include "http/route.h"

extern const struct route command_routes[];

#endif
