/* SPDX-License-Identifier: ISC */
/* Lets devices listen for new commands. */
#include "auth/auth.h"
#include "auth/scope.h"
#include "db/pg.h"
#include "device/channel.h"
#include "device/device.h"
#include "hook/dialect.h"

static route_fn device_listen;

const struct route channel_routes[] = {
	/* Browsers cannot add a header to a WebSocket or EventSource, so the
	 * key may be in the query.  A HEAD would wait like a GET. */
	{ "GET", "/devices/me/listen", &dialect_creel,
	    AUTH_API_KEY | AUTH_BEARER | AUTH_QUERY | AUTH_NO_HEAD,
	    SCOPE_COMMANDS_GET, device_me, BODY_NONE, 0, device_listen },
	{ 0 }
};

/* Passes the connection to the web server's push module: X-Accel-Redirect is
 * the path of an internal location, followed by the device's channels. */
static int
device_listen(struct req *req, struct resp *resp, struct err *err)
{
	const struct pg_value values[] = {
		PG_TEXT(req->application),
		PG_TEXT(req->principal->credential)
	};
	struct pg_result *row = NULL;
	int rc = 0;

	if (*req->listen == '\0' || *req->services->conf->push_url == '\0')
		return err_set(err, ERR_NOT_FOUND, "push is not enabled: poll "
		    "/devices/me/commands");
	if (pg_run(req->db, SQL_DEVICE_CHANNELS, values, &row, err) < 0)
		return -1;
	if (pg_rows(row) == 0) {
		rc = device_missing(err);
	} else {
		resp->status = 200;
		http_set(resp, "Cache-Control", "no-store");
		http_set(resp, "X-Accel-Redirect", arena_printf(req->arena,
		    "%s%s", req->listen, pg_text(row, 0, 0)));
	}
	pg_result_free(&row);
	return rc;
}
