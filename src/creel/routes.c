#include <stddef.h>

#include "creel/routes.h"
#include "door/pixon.h"
#include "resource/event.h"
#include "resource/metrics.h"

const struct route *const routes[] = {
	event_routes,
	pixon_routes,
	metrics_routes,
	NULL
};
