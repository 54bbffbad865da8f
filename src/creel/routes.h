/* SPDX-License-Identifier: ISC */
#ifndef CREEL_CREEL_ROUTES_H
#define CREEL_CREEL_ROUTES_H

#include "http/route.h"

/* Every route of the program: tables of rows, ended by NULL. */
extern const struct route *const routes[];

#endif
