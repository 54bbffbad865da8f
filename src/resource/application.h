/* SPDX-License-Identifier: ISC */
/* Losant's REST resource of applications. */
#ifndef CREEL_RESOURCE_APPLICATION_H
#define CREEL_RESOURCE_APPLICATION_H

#include "http/route.h"

extern const struct route application_routes[];

#endif
