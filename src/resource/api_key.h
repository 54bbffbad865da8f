/* SPDX-License-Identifier: ISC */
/*
 * The REST resource of API keys, as in Wallboard (wire/wallboard 5.1): a key
 * has one scope, which cannot be changed; a sealed key can be shown again to
 * clients with the scope for it.
 */
#ifndef CREEL_RESOURCE_API_KEY_H
#define CREEL_RESOURCE_API_KEY_H

#include "http/route.h"

extern const struct route api_key_routes[];

#endif
