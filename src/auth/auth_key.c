/* SPDX-License-Identifier: ISC */
/* API keys: creates, hashes and looks them up. */
#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/auth_key.h"
#include "auth/digest.h"
#include "auth/grant.h"
#include "auth/scope.h"
#include "base/logger.h"
#include "db/cache.h"

#define KEY_BYTES 32
#define KEY_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789-_"

/* The columns of KEY_FIND. */
enum key_column {
	KEY_APPLICATION,
	KEY_ID,
	KEY_SCOPES,
	KEY_HOOKS,
	KEY_HASH,
	KEY_USE_IS_OLD,
	KEY_EXPIRES,
	KEY_USER,
	KEY_SINCE,
	KEY__COUNT
};

_Static_assert(KEY__COUNT <= CACHE_COLUMNS_MAX, "more columns than a row");

int
key_new(const struct principal *granter, const char *scopes, struct key *key,
    struct err *err)
{
	if (grant_check(granter, scopes, err) < 0)
		return -1;
	strcpy(key->text, KEY_PREFIX);
	id_secret(KEY_BYTES, key->text + sizeof(KEY_PREFIX) - 1);
	key_hash(key->text, key->hash);
	memcpy(key->prefix, key->text, KEY_PREFIX_SIZE - 1);
	key->prefix[KEY_PREFIX_SIZE - 1] = '\0';
	return 0;
}

void
key_hash(const char *key, char out[KEY_HASH_SIZE])
{
	const struct digest_part whole = { key, strlen(key) };
	unsigned char hash[DIGEST_SIZE];

	/* If hashing fails, the hash is "", which matches no key. */
	out[0] = '\0';
	if (digest_parts(&whole, 1, hash))
		digest_hex(hash, out);
}

bool
key_is(const char *s)
{
	return strncmp(s, KEY_PREFIX, sizeof(KEY_PREFIX) - 1) == 0 &&
	    strlen(s) == KEY_SIZE - 1 && strspn(s, KEY_CHARS) == KEY_SIZE - 1;
}

/* Compares the hash again, in case an index or a collation returned the row of
 * another key. */
static bool
hash_is_same(const char *hash, const char *found)
{
	return found != NULL && strlen(hash) == KEY_HASH_SIZE - 1 &&
	    strlen(found) == KEY_HASH_SIZE - 1 &&
	    CRYPTO_memcmp(hash, found, KEY_HASH_SIZE - 1) == 0;
}

static void
key_touch(struct pg *db, const char *application, const char *id)
{
	const struct pg_value values[] = { PG_TEXT(application), PG_TEXT(id) };
	struct err err;

	if (pg_run(db, SQL_KEY_USED, values, NULL, &err) < 0)
		log_warn("key %s: cannot record its use: %s", id,
		    err.text);
}

/* Checked here too, because a cached row may outlive its key. */
static bool
has_expired(const char *expires)
{
	return expires != NULL && strtoll(expires, NULL, 10) <= time(NULL);
}

int
key_identify(struct req *req, const char *key, struct principal *out,
    struct err *err)
{
	char hash[KEY_HASH_SIZE];

	key_hash(key, hash);
	return key_find(req, hash, out, err);
}

int
key_find(struct req *req, const char *hash, struct principal *out,
    struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(hash) };
	struct cache_row row;
	const char *const *column = row.columns;

	if (cache_lookup(req->services->cache, req->db, SQL_KEY_FIND, values,
	    req->remote, req->arena, &row, err) < 0) {
		/* For any cause: nothing was done, and the client may retry. */
		err->code = ERR_UNAVAILABLE;
		return -1;
	}
	if (!row.found || !hash_is_same(hash, column[KEY_HASH]) ||
	    has_expired(column[KEY_EXPIRES]))
		return err_set(err, ERR_UNAUTHORIZED,
		    "the key is unknown, disabled or expired");
	out->credential = column[KEY_ID];
	out->user = column[KEY_USER];
	if (out->user != NULL)
		out->since = strtoll(column[KEY_SINCE], NULL, 10);
	out->name = arena_printf(req->arena, out->user != NULL ? "user:%s" :
	    "key:%s", out->user != NULL ? out->user : out->credential);
	out->scopes = scope_parse_list(column[KEY_SCOPES]);
	if (out->user != NULL && out->scopes == 0)
		return err_set(err, ERR_FORBIDDEN,
		    "the user has no Integration Access");
	out->applications = arena_printf(req->arena, "{%s}",
	    column[KEY_APPLICATION]);
	out->organization = NULL;
	/* NULL means all hooks, an empty list means none. */
	out->hooks = column[KEY_HOOKS];
	if (row.fresh && strcmp(column[KEY_USE_IS_OLD], "true") == 0)
		key_touch(req->db, column[KEY_APPLICATION], column[KEY_ID]);
	return 0;
}
