/* SPDX-License-Identifier: ISC */
/*
 * The REST resource of forms: hooks of the kind "form", listed, made, shown,
 * changed and deleted by an application's owner in the way of Losant's
 * resources, and what a sender has to know of one (wire/quixy 4.1, "Webhook
 * details").  What they receive is none of it.
 */
#ifndef CREEL_RESOURCE_FORM_H
#define CREEL_RESOURCE_FORM_H

#include "http/route.h"

extern const struct route form_routes[];

#endif
