/* SPDX-License-Identifier: ISC */
/* Decrypts sealed API keys, and logs every request for one. */
#include <string.h>

#include "auth/auth.h"
#include "auth/auth_key.h"
#include "auth/grant.h"
#include "auth/seal.h"
#include "base/logger.h"
#include "hook/tenant.h"
#include "resource/key_reveal.h"

#define CANNOT "this key cannot be shown"

/* The columns of KEY_SEALED. */
enum column { COLUMN_ID, COLUMN_SEALED, COLUMN_HASH, COLUMN_SCOPES };

static int
row_check(const struct pg_result *row, const struct principal *granter,
    struct err *err)
{
	if (pg_rows(row) == 0)
		return application_missing(err);
	if (pg_text(row, 0, COLUMN_ID) == NULL)
		return err_set(err, ERR_NOT_FOUND, "API Key was not found");
	return grant_check(granter, pg_text(row, 0, COLUMN_SCOPES), err);
}

static int
row_open(const struct pg_result *row, const struct seal *seal,
    const struct seal_owner *owner, struct arena *arena, const char **out,
    struct err *err)
{
	char key[SEAL_SECRET_SIZE], hash[KEY_HASH_SIZE];
	const char *sealed;
	size_t len = 0;

	if (seal == NULL)
		return err_set(err, ERR_CONFLICT, "keys cannot be shown: "
		    "key_file is not set in creel.conf");
	sealed = pg_bytes(row, 0, COLUMN_SEALED, &len);
	if (sealed == NULL)
		return err_set(err, ERR_CONFLICT, CANNOT ": it was "
		    "created without a key_file");
	if (seal_open(seal, owner, sealed, len, key, err) < 0)
		return err->code == ERR_CONFLICT ? err_prefix(err, CANNOT) :
		    err_prefix(err, "key %s", owner->id);
	key_hash(key, hash);
	*out = arena_strdup(arena, key);
	explicit_bzero(key, sizeof(key));
	return strcmp(hash, pg_text(row, 0, COLUMN_HASH)) == 0 ? 0 :
	    err_set(err, ERR_INTERNAL, "key %s: the sealed key does not match "
	    "the stored hash", owner->id);
}

int
key_unseal(struct arena *arena, struct pg *db, const struct seal *seal,
    const struct principal *granter, const char *application, const char *id,
    const char **out, struct err *err)
{
	const struct pg_value values[] = { PG_TEXT(application), PG_TEXT(id) };
	const struct seal_owner owner = { application, id };
	struct pg_result *row = NULL;
	int rc;

	if (pg_run(db, SQL_KEY_SEALED, values, &row, err) < 0)
		return -1;
	rc = row_check(row, granter, err);
	if (rc == 0)
		rc = row_open(row, seal, &owner, arena, out, err);
	pg_result_free(&row);
	return rc;
}

int
key_reveal(struct req *req, const char *id, const char **out, struct err *err)
{
	struct err audit_err;
	int rc;

	rc = key_unseal(req->arena, req->db, auth_seal(req->services->auth),
	    req->principal, req->application, id, out, err);
	if (log_audit(&audit_err, "request id=%s key=%s application=%s "
	    "shown=%s principal=%.128s remote=%.64s error=%s", req->id,
	    id == NULL ? "-" : id, req->application, rc == 0 ? "yes" : "no",
	    req->principal->name, req->remote, rc == 0 ? "-" : err->text) ==
	    0 || rc < 0)
		return rc;
	*err = audit_err;
	return -1;
}
