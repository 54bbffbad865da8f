/* SPDX-License-Identifier: ISC */
/* Failed calls to forms, done once more. */
#ifndef CREEL_EVENT_RETRY_H
#define CREEL_EVENT_RETRY_H

#include "http/route.h"

extern const struct route retry_routes[];

#endif
