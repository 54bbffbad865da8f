/* SPDX-License-Identifier: ISC */
/* Receipts: reports of devices on their commands, and the status of an event
 * for each device. */
#ifndef CREEL_DEVICE_RECEIPT_H
#define CREEL_DEVICE_RECEIPT_H

#include "http/route.h"

/* The values of that status, space-separated. */
#define RECEIPT_STATUSES "pending fetched done failed"

extern const struct route receipt_routes[];

#endif
