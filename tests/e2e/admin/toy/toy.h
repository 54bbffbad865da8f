/* SPDX-License-Identifier: ISC */
/* A door for test_door.py: POST /toy/in/KEY calls a webhook. */
#ifndef CREEL_DOOR_TOY_H
#define CREEL_DOOR_TOY_H

#include "http/route.h"

extern const struct route toy_routes[];

#endif
