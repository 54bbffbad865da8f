/* SPDX-License-Identifier: ISC */
/* Throttling of failed authentication, by address and by credential. */
#include "auth/auth_key.h"
#include "auth/throttle.h"
#include "base/rate.h"

int
throttle_failure(const struct req *req, const char *credential, struct err *err)
{
	char hash[KEY_HASH_SIZE];
	bool allowed;

	if (req->services->rate == NULL)
		return -1;
	key_hash(credential, hash);
	allowed = rate_take(req->services->rate, arena_printf(req->arena,
	    "fail address %s", req->remote), THROTTLE_FAILURES);
	if (!rate_take(req->services->rate, arena_printf(req->arena,
	    "fail credential %s", hash), THROTTLE_FAILURES))
		allowed = false;
	return allowed ? -1 : err_set(err, ERR_RATE,
	    "too many failures: try again later");
}
