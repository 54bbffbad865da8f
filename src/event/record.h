/* SPDX-License-Identifier: ISC */
/* Records: what calls to a form left in its fields, a page or all of them. */
#ifndef CREEL_EVENT_RECORD_H
#define CREEL_EVENT_RECORD_H

#include "http/route.h"

extern const struct route record_routes[];

#endif
