/* SPDX-License-Identifier: ISC */
/* What an action has devices do: its steps, each a function of the product's
 * page, its parameters, and whom it is for (wire/wallboard 5.4). */
#ifndef CREEL_HOOK_ACTION_STEP_H
#define CREEL_HOOK_ACTION_STEP_H

#include "base/fail.h"
#include "base/jsn.h"

#define ACTION_STEPS_MAX 16
#define ACTION_URL_MAX 2048	/* characters */

/* The names of all functions, a space between. */
extern const char action_functions[];

/*
 * Checks an array of steps: {"function", "parameters", "targets"}, where
 * targets are {"allDevices": true} or any of "deviceIds", "deviceGroupIds" and
 * "tags", up to FIELD_ITEMS_MAX each.  Whether there are such devices, groups
 * and data sources is for the database to tell (ACTION_CREATE).  0, or -1 with
 * ERR_BAD_REQUEST and a text that names the step and the field.
 */
int action_steps_check(const struct jsn *, struct err *);

#endif
