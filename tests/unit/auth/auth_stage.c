/* SPDX-License-Identifier: ISC */
/* Requests with credentials, and a database and an issuer that know some. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit.h"
#include "auth_stage.h"

struct stage_db db;
static const struct pg_result none_found;

static const struct pg_result *
db_row(enum sql_id id, const struct pg_value *values)
{
	char hash[KEY_HASH_SIZE];

	assert_int_equal(id, SQL_KEY_FIND);
	db.finds++;
	strcpy(db.last_hash, values[0].data);
	key_hash(KEY_A, hash);
	return strcmp(values[0].data, hash) == 0 ? &db.key : &none_found;
}

int
pg_run(struct pg *pg, enum sql_id id, const struct pg_value *values,
    struct pg_result **out, struct err *err)
{
	const struct pg_result *row;

	(void)pg;
	if (id == SQL_KEY_USED) {
		assert_string_equal(values[0].data, APP_A);
		assert_string_equal(values[1].data, APP_B);
		db.uses++;
		return db.use_failure == ERR_NONE ? 0 :
		    err_set(err, db.use_failure, "lost");
	}
	row = db_row(id, values);
	if (db.failure != ERR_NONE)
		return err_set(err, db.failure, "no connection");
	*out = result_copy(row);
	return 0;
}

struct auth *auth;
struct cache *cache;
char hash_a[KEY_HASH_SIZE];
static char none[] = "";
struct conf conf = { .alexa_certificates = none };

int
setup(void **state)
{
	static struct conf_issuer issuer;
	struct err err;

	(void)state;
	memset(&db, 0, sizeof(db));
	key_hash(KEY_A, hash_a);
	db.key = (struct pg_result){ 1, { APP_A, APP_B,
	    "datasource.post unknown.scope", NULL, hash_a, "false" } };
	issuer = issuer_make("EdDSA");
	issuer.name = arena_strdup(&tokens_arena, "main");
	issuer.key = file_text(key_pem(key_get("Ed25519"), 0));
	conf.issuers = &issuer;
	conf.token_cache = 300;
	return auth_load(&conf, &auth, &err);
}

int
teardown(void **state)
{
	(void)state;
	auth_free(&auth);
	cache_free(&cache);
	return atomic_load(&results_open) == 0 ? 0 : -1;
}

char *
token(const char *more)
{
	return token_make("EdDSA", key_get("Ed25519"), "{\"alg\":\"EdDSA\"}",
	    arena_printf(&tokens_arena, "{\"iss\":\"https://a.test\","
	    "\"aud\":\"creel\",\"exp\":%lld%s}", (long long)time(NULL) + 60,
	    more));
}

const struct principal *
identify(unsigned carriers, const char *const *headers, struct err *err)
{
	static struct services services;
	static struct req req;

	memset(&req, 0, sizeof(req));
	req.arena = &tokens_arena;
	req.remote = "192.0.2.1";
	services = (struct services){ .conf = &conf, .auth = auth,
	    .cache = cache };
	req.services = &services;
	for (; headers[0] != NULL; headers += 2)
		req.headers[req.n_headers++] =
		    (struct header){ headers[0], headers[1] };
	err->code = ERR_NONE;
	if (auth_identify(&req, carriers, err) == 0) {
		assert_non_null(req.principal);
		return req.principal;
	}
	assert_null(req.principal);
	return NULL;
}

const struct principal *
identify_one(unsigned carrier, const char *name, const char *value,
    struct err *err)
{
	const char *const headers[] = { name, value, NULL };

	return identify(carrier, headers, err);
}

void
assert_unauthorized(const struct principal *p, const struct err *err)
{
	assert_null(p);
	assert_int_equal(err->code, ERR_UNAUTHORIZED);
	assert_string_equal(err->text, "credentials are missing or not valid");
}
