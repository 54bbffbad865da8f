/* SPDX-License-Identifier: ISC */
/* Records: the values that calls stored in a form's fields. */
#ifndef CREEL_EVENT_RECORD_H
#define CREEL_EVENT_RECORD_H

#include "http/route.h"

extern const struct route record_routes[];

#endif
