/* SPDX-License-Identifier: ISC */
#ifndef CREEL_CREEL_ROUTES_H
#define CREEL_CREEL_ROUTES_H

#include "http/route.h"

/* Every route of the program: tables of rows, ended by NULL. */
extern const struct route *const routes[];

/* The names of the doors, as their dialects have them, each once, a space
 * between, and "other" for none of them.  The caller frees them. */
char *routes_doors(void);

#endif
