/* SPDX-License-Identifier: ISC */
#include <stddef.h>

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
#include "resource/token.h"
#include "resource/user.h"
#include "resource/webhook.h"

const struct route *const routes[] = {
	event_routes,
	pixon_routes,
	quixy_routes,
	wallboard_routes,
	application_routes,
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
