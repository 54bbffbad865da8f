/* SPDX-License-Identifier: ISC */
/* Credentials as requests bring them, and the database that knows them. */
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
	struct pg_result organization;
	enum err_code failure;		/* of look-ups */
	enum err_code use_failure;	/* of KEY_USED */
	int finds, uses, organizations;
	char asked[KEY_HASH_SIZE];	/* the last key that was looked for */
};

extern struct stage_db db;
extern struct auth *auth;
extern struct cache *cache;	/* NULL, as a test begins */
extern struct conf conf;
extern char hash_a[KEY_HASH_SIZE];	/* of KEY_A */

/* Of each test: a database that knows KEY_A, and an issuer with an Ed25519
 * key. */
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A token that is good for a minute, with more claims. */
char *token(const char *more);

/* The principal of a request with these headers (name, value, ..., NULL);
 * NULL if it is refused, which err tells. */
const struct principal *identify(unsigned carriers,
    const char *const *headers, struct err *);
const struct principal *identify_one(unsigned carrier, const char *name,
    const char *value, struct err *);
void assert_unauthorized(const struct principal *, const struct err *);

#endif
