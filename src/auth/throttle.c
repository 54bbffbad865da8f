/* SPDX-License-Identifier: ISC */
/* Throttling of failed authentication, by network and by credential. */
#include "auth/auth_key.h"
#include "auth/throttle.h"
#include "base/network.h"
#include "base/rate.h"

int
throttle_failure(const struct req *req, const char *credential, struct err *err)
{
	char hash[KEY_HASH_SIZE], network[NETWORK_SIZE];
	bool allowed;

	if (req->services->rate == NULL)
		return -1;
	key_hash(credential, hash);
	network_of(req->remote, network, sizeof(network));
	allowed = rate_take(req->services->rate, arena_printf(req->arena,
	    "fail network %s", network), THROTTLE_FAILURES);
	if (!rate_take(req->services->rate, arena_printf(req->arena,
	    "fail credential %s", hash), THROTTLE_FAILURES))
		allowed = false;
	return allowed ? -1 : err_set(err, ERR_RATE,
	    "too many failures: try again later");
}
