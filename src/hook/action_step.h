/* SPDX-License-Identifier: ISC */
/* Steps of an action: each is a function of the product's page with its
 * parameters and its targets (wire/wallboard 5.4). */
#ifndef CREEL_HOOK_ACTION_STEP_H
#define CREEL_HOOK_ACTION_STEP_H

#include "base/fail.h"
#include "base/jsn.h"

#define ACTION_STEPS_MAX 16
#define ACTION_URL_MAX 2048	/* characters */

/* The names of all functions, space-separated. */
extern const char action_functions[];

/*
 * Checks an array of steps: {"function", "parameters", "targets"}, where
 * targets are {"allDevices": true} or any of "deviceIds", "deviceGroupIds" and
 * "tags", up to FIELD_ITEMS_MAX each.  ACTION_CREATE checks that the devices,
 * groups and data sources exist.  Returns -1 with ERR_BAD_REQUEST and a text
 * that names the step and the field.
 */
int action_steps_check(const struct jsn *, struct err *);

#endif
