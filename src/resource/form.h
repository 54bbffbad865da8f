/* SPDX-License-Identifier: ISC */
/*
 * The REST resource of forms: hooks of the kind "form", listed, created,
 * returned, changed and deleted like Losant's resources, and the details of a
 * form's webhook for its senders (wire/quixy 4.1, "Webhook details").  Calls to
 * forms are in door/quixy.c.
 */
#ifndef CREEL_RESOURCE_FORM_H
#define CREEL_RESOURCE_FORM_H

#include "http/route.h"

extern const struct route form_routes[];

#endif
