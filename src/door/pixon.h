/* SPDX-License-Identifier: ISC */
/* The Pixon door: data sources (wire/pixon 3). */
#ifndef CREEL_DOOR_PIXON_H
#define CREEL_DOOR_PIXON_H

#include "http/route.h"

extern const struct route pixon_routes[];

#endif
