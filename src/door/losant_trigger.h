/* SPDX-License-Identifier: ISC */
/* Losant's public trigger: ANY /webhooks/TOKEN[/path] (wire/losant 1.7). */
#ifndef CREEL_DOOR_LOSANT_TRIGGER_H
#define CREEL_DOOR_LOSANT_TRIGGER_H

#include "http/route.h"

extern const struct route losant_routes[];

#endif
