#include "auth/auth_key.h"
#include "auth/auth_slow.h"
#include "base/rate.h"

int
slow_fail(const struct req *req, const char *credential, struct err *err)
{
	char hash[KEY_HASH_SIZE];
	bool seldom;

	if (req->rate == NULL)
		return -1;
	key_hash(credential, hash);
	seldom = rate_take(req->rate, arena_printf(req->arena,
	    "fail address %s", req->remote), SLOW_FAILURES);
	if (!rate_take(req->rate, arena_printf(req->arena,
	    "fail credential %s", hash), SLOW_FAILURES))
		seldom = false;
	return seldom ? -1 : err_set(err, ERR_RATE,
	    "too many failures: try again later");
}
