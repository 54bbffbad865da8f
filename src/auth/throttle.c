/* SPDX-License-Identifier: ISC */
#include "auth/auth_key.h"
#include "auth/throttle.h"
#include "base/rate.h"

int
throttle_failure(const struct req *req, const char *credential, struct err *err)
{
	char hash[KEY_HASH_SIZE];
	bool seldom;

	if (req->services->rate == NULL)
		return -1;
	key_hash(credential, hash);
	seldom = rate_take(req->services->rate, arena_printf(req->arena,
	    "fail address %s", req->remote), THROTTLE_FAILURES);
	if (!rate_take(req->services->rate, arena_printf(req->arena,
	    "fail credential %s", hash), THROTTLE_FAILURES))
		seldom = false;
	return seldom ? -1 : err_set(err, ERR_RATE,
	    "too many failures: try again later");
}
