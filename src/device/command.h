/* SPDX-License-Identifier: ISC */
/* Commands: what a device is to do, which it asks for by a cursor.  The steps
 * of the events that address it (wire/wallboard 5.4). */
#ifndef CREEL_DEVICE_COMMAND_H
#define CREEL_DEVICE_COMMAND_H

#include "http/route.h"

extern const struct route command_routes[];

#endif
