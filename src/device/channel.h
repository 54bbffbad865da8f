/* SPDX-License-Identifier: ISC */
/* Channels of the web server's push module, to which devices listen. */
#ifndef CREEL_DEVICE_CHANNEL_H
#define CREEL_DEVICE_CHANNEL_H

#include "http/route.h"

extern const struct route channel_routes[];

#endif
