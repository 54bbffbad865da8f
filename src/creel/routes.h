/* SPDX-License-Identifier: ISC */
#ifndef CREEL_CREEL_ROUTES_H
#define CREEL_CREEL_ROUTES_H

#include "http/route.h"

/* Every route of the program: tables of rows, ended by NULL. */
extern const struct route *const routes[];

/* Returns the names of all dialects, each once, separated by spaces, and at the
 * end "other".  The caller frees the string. */
char *routes_doors(void);

#endif
