/* SPDX-License-Identifier: ISC */
/*
 * Losant's REST resource of application tokens: credentials of one
 * application, made and taken back by who may.  The secret is answered when
 * it is made, and stored nowhere.
 */
#ifndef CREEL_RESOURCE_TOKEN_H
#define CREEL_RESOURCE_TOKEN_H

#include "http/route.h"

extern const struct route token_routes[];

#endif
