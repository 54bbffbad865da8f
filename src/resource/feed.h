/* Readers of the log: the calls of an application's webhooks (WIRE 1.7). */
#ifndef CREEL_RESOURCE_FEED_H
#define CREEL_RESOURCE_FEED_H

#include "http/route.h"

extern const struct route feed_routes[];

#endif
