#include "auth/auth_key.h"
#include "auth/auth_slow.h"
#include "base/rate.h"

/* What is counted: who fails, and what with. */
static void
slow_keys(const struct req *req, const char *credential, const char *out[2])
{
	char hash[KEY_HASH_SIZE];

	key_hash(credential, hash);
	out[0] = arena_printf(req->arena, "fail address %s", req->remote);
	out[1] = arena_printf(req->arena, "fail credential %s", hash);
}

int
slow_check(const struct req *req, const char *credential, struct err *err)
{
	const char *keys[2];

	if (req->rate == NULL)
		return 0;
	slow_keys(req, credential, keys);
	return rate_peek(req->rate, keys[0], SLOW_FAILURES) &&
	    rate_peek(req->rate, keys[1], SLOW_FAILURES) ? 0 : err_set(err,
	    ERR_RATE, "too many failures: try again later");
}

void
slow_count(const struct req *req, const char *credential)
{
	const char *keys[2];

	if (req->rate == NULL)
		return;
	slow_keys(req, credential, keys);
	rate_take(req->rate, keys[0], SLOW_FAILURES);
	rate_take(req->rate, keys[1], SLOW_FAILURES);
}
