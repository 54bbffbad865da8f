#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdio.h>
#include <string.h>

#include "auth/auth_key.h"
#include "auth/scope.h"
#include "base/logger.h"
#include "db/pg.h"

#define KEY_PREFIX "ck_"
#define KEY_BYTES 32

/* The columns of KEY_FIND. */
enum key_column {
	KEY_APPLICATION,
	KEY_ID,
	KEY_SCOPES,
	KEY_HOOKS,
	KEY_HASH,
	KEY_USE_IS_OLD
};

void
key_new(char key[KEY_SIZE])
{
	strcpy(key, KEY_PREFIX);
	id_secret(KEY_BYTES, key + sizeof(KEY_PREFIX) - 1);
}

void
key_hash(const char *key, char out[KEY_HASH_SIZE])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0, i;

	/* Without a hash the key is nobody's: "" is never found. */
	out[0] = '\0';
	if (EVP_Digest(key, strlen(key), hash, &len, EVP_sha256(), NULL) != 1)
		return;
	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

bool
key_is(const char *s)
{
	return strncmp(s, KEY_PREFIX, sizeof(KEY_PREFIX) - 1) == 0 &&
	    strlen(s) == KEY_SIZE - 1 &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_") == KEY_SIZE - 1;
}

/* Comparing again costs nothing, and no index or collation can then make a
 * neighbour's row ours. */
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
		log_warn("key %s: its use is not written down: %s", id,
		    err.text);
}

static const char *
text_or(const struct pg_result *row, enum key_column column, const char *other)
{
	const char *text = pg_text(row, 0, column);

	return text == NULL ? other : text;
}

int
key_identify(struct req *req, const char *key, struct principal *out,
    struct err *err)
{
	char hash[KEY_HASH_SIZE];
	const struct pg_value values[] = { PG_TEXT(hash) };
	struct pg_result *row = NULL;
	const char *application, *id, *hooks;
	int rc = -1;

	key_hash(key, hash);
	if (pg_run(req->db, SQL_KEY_FIND, values, &row, err) < 0) {
		/* Whatever it was: nothing was done, and it is our fault. */
		err->code = ERR_UNAVAILABLE;
		return -1;
	}
	if (pg_rows(row) != 1 ||
	    !hash_is_same(hash, pg_text(row, 0, KEY_HASH))) {
		err_set(err, ERR_UNAUTHORIZED,
		    "the key is unknown, disabled or expired");
		goto out;
	}
	application = text_or(row, KEY_APPLICATION, "");
	id = text_or(row, KEY_ID, "");
	hooks = pg_text(row, 0, KEY_HOOKS);
	out->name = arena_printf(req->arena, "key:%s", id);
	out->scopes = scope_parse_list(text_or(row, KEY_SCOPES, ""));
	out->applications = arena_printf(req->arena, "{%s}", application);
	/* Only null means all: an empty list reaches none. */
	out->hooks = hooks == NULL ? NULL : arena_strdup(req->arena, hooks);
	if (strcmp(text_or(row, KEY_USE_IS_OLD, ""), "true") == 0)
		key_touch(req->db, application, id);
	rc = 0;
out:
	pg_result_free(&row);
	return rc;
}
