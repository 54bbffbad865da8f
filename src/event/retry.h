/* SPDX-License-Identifier: ISC */
/* Retries of failed calls to forms. */
#ifndef CREEL_EVENT_RETRY_H
#define CREEL_EVENT_RETRY_H

#include "http/route.h"

extern const struct route retry_routes[];

#endif
