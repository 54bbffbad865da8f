/* SPDX-License-Identifier: ISC */
/*
 * The REST resource of API keys, as Wallboard has them (wire/wallboard 5.1):
 * one scope a key, which never changes, and a key that is shown again to who
 * may, if it was sealed.
 */
#ifndef CREEL_RESOURCE_API_KEY_H
#define CREEL_RESOURCE_API_KEY_H

#include "http/route.h"

extern const struct route api_key_routes[];

#endif
