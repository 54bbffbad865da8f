/* Channels of the web server's push module: which of them a device hears. */
#ifndef CREEL_RESOURCE_CHANNEL_H
#define CREEL_RESOURCE_CHANNEL_H

#include "http/route.h"

extern const struct route channel_routes[];

#endif
