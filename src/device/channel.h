/* SPDX-License-Identifier: ISC */
/* Channels of the web server's push module: which of them a device hears. */
#ifndef CREEL_DEVICE_CHANNEL_H
#define CREEL_DEVICE_CHANNEL_H

#include "http/route.h"

extern const struct route channel_routes[];

#endif
