/* SPDX-License-Identifier: ISC */
/* Receipts: what devices report of their commands, and what became of an event
 * that addresses devices. */
#ifndef CREEL_DEVICE_RECEIPT_H
#define CREEL_DEVICE_RECEIPT_H

#include "http/route.h"

/* What became of a device's part in an event, a space between. */
#define RECEIPT_STATUSES "pending fetched done failed"

extern const struct route receipt_routes[];

#endif
