/* SPDX-License-Identifier: ISC */
/* The REST resources of quotas, and of what applications and organizations
 * use. */
#ifndef CREEL_RESOURCE_QUOTAS_H
#define CREEL_RESOURCE_QUOTAS_H

#include "http/route.h"

extern const struct route quotas_routes[];

#endif
