/* SPDX-License-Identifier: ISC */
/* What the workers count, for Prometheus to read. */
#ifndef CREEL_RESOURCE_METRICS_H
#define CREEL_RESOURCE_METRICS_H

#include "http/route.h"

extern const struct route metrics_routes[];

#endif
