/* SPDX-License-Identifier: ISC */
/*
 * Losant's REST resource of application tokens: credentials of one application.
 * The secret is returned when a token is created, and only its hash is stored.
 */
#ifndef CREEL_RESOURCE_TOKEN_H
#define CREEL_RESOURCE_TOKEN_H

#include "http/route.h"

extern const struct route token_routes[];

#endif
