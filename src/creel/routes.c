/* SPDX-License-Identifier: ISC */
/* The tables of all routes. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "creel/routes.h"
#include "device/channel.h"
#include "device/command.h"
#include "device/device.h"
#include "device/device_group.h"
#include "device/receipt.h"
#include "door/losant_trigger.h"
#include "door/pixon.h"
#include "door/quixy.h"
#include "door/wallboard.h"
#include "event/event.h"
#include "event/feed.h"
#include "event/record.h"
#include "event/reply.h"
#include "event/retry.h"
#include "resource/action.h"
#include "resource/api_key.h"
#include "resource/application.h"
#include "resource/form.h"
#include "resource/metrics.h"
#include "resource/quotas.h"
#include "resource/token.h"
#include "resource/user.h"
#include "resource/webhook.h"

const struct route *const routes[] = {
	event_routes,
	pixon_routes,
	quixy_routes,
	wallboard_routes,
	application_routes,
	quotas_routes,
	token_routes,
	api_key_routes,
	webhook_routes,
	form_routes,
	user_routes,
	device_routes,
	device_group_routes,
	command_routes,
	receipt_routes,
	action_routes,
	losant_routes,
	reply_routes,
	feed_routes,
	record_routes,
	retry_routes,
	channel_routes,
	metrics_routes,
	NULL
};

/* Returns whether an earlier row has a dialect of the same name. */
static bool
was_named(const struct route *row)
{
	const struct route *const *table, *r;

	for (table = routes; *table != NULL; table++)
		for (r = *table; r->method != NULL; r++) {
			if (r == row)
				return false;
			if (strcmp(r->dialect->name, row->dialect->name) == 0)
				return true;
		}
	return false;
}

char *
routes_doors(void)
{
	const struct route *const *table, *row;
	struct buf words;

	buf_init(&words);
	for (table = routes; *table != NULL; table++)
		for (row = *table; row->method != NULL; row++)
			if (!was_named(row))
				buf_printf(&words, "%s ", row->dialect->name);
	buf_addstr(&words, "other");
	return buf_detach(&words);
}
