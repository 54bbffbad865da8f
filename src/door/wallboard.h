/* SPDX-License-Identifier: ISC */
/* The Wallboard door: calls to actions (wire/wallboard 5). */
#ifndef CREEL_DOOR_WALLBOARD_H
#define CREEL_DOOR_WALLBOARD_H

#include "http/route.h"

extern const struct route wallboard_routes[];

#endif
