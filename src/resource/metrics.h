/* SPDX-License-Identifier: ISC */
/* The metrics of all workers, in Prometheus' text format. */
#ifndef CREEL_RESOURCE_METRICS_H
#define CREEL_RESOURCE_METRICS_H

#include "http/route.h"

extern const struct route metrics_routes[];

#endif
