/* SPDX-License-Identifier: ISC */
/* Requests with credentials, and a database and an issuer that know some. */
#ifndef CREEL_TESTS_UNIT_AUTH_STAGE_H
#define CREEL_TESTS_UNIT_AUTH_STAGE_H

#include "../db/result.h"
#include "auth/auth.h"
#include "auth/auth_key.h"
#include "db/cache.h"
#include "tokens.h"

#define APP_C "00000000000000000000000c"
#define KEY_A "ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_B "ck_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"

struct stage_db {
	struct pg_result key;
	enum err_code failure;		/* of look-ups */
	enum err_code use_failure;	/* of KEY_USED */
	int finds, uses;
	char last_hash[KEY_HASH_SIZE];	/* the key of the last look-up */
};

extern struct stage_db db;
extern struct auth *auth;
extern struct cache *cache;	/* NULL when a test begins */
extern struct conf conf;
extern char hash_a[KEY_HASH_SIZE];	/* of KEY_A */

/* Before and after each test: a database that knows KEY_A, and an issuer with
 * an Ed25519 key. */
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Returns a token with more claims that is valid for a minute. */
char *token(const char *more);

/* Returns the principal of a request with these headers (name, value, ...,
 * NULL); NULL and err if it is rejected. */
const struct principal *identify(unsigned carriers,
    const char *const *headers, struct err *);
const struct principal *identify_one(unsigned carrier, const char *name,
    const char *value, struct err *);
void assert_unauthorized(const struct principal *, const struct err *);

#endif
