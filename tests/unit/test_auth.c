/* Credentials as requests bring them.  The database is the one below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "auth/auth.h"
#include "auth/auth_key.h"
#include "auth/scope.h"
#include "db/cache.h"
#include "http/route.h"
#include "tokens.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define APP_A "00000000000000000000000a"
#define APP_B "00000000000000000000000b"
#define APP_C "00000000000000000000000c"
#define KEY_A "ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_B "ck_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"

/* What the database answers: one row, none, or a failure. */
struct pg_result {
	size_t rows;
	const char *columns[7];
};

static struct {
	struct pg_result key;
	struct pg_result organization;
	enum err_code failure;		/* of look-ups */
	enum err_code use_failure;	/* of KEY_USED */
	int finds, uses, organizations, open;
	char asked[KEY_HASH_SIZE];	/* the last key that was looked for */
} db;

static const struct pg_result *
db_answer(enum sql_id id, const struct pg_value *values)
{
	char hash[KEY_HASH_SIZE];

	if (id == SQL_ORGANIZATION_APPLICATIONS) {
		assert_string_equal(values[0].data, APP_C);
		db.organizations++;
		return &db.organization;
	}
	assert_int_equal(id, SQL_KEY_FIND);
	db.finds++;
	strcpy(db.asked, values[0].data);
	key_hash(KEY_A, hash);
	return strcmp(values[0].data, hash) == 0 ? &db.key : NULL;
}

int
pg_run(struct pg *pg, enum sql_id id, const struct pg_value *values,
    struct pg_result **out, struct err *err)
{
	const struct pg_result *answer;

	(void)pg;
	if (id == SQL_KEY_USED) {
		assert_string_equal(values[0].data, APP_A);
		assert_string_equal(values[1].data, APP_B);
		db.uses++;
		return db.use_failure == ERR_NONE ? 0 :
		    err_set(err, db.use_failure, "lost");
	}
	answer = db_answer(id, values);
	if (db.failure != ERR_NONE)
		return err_set(err, db.failure, "no connection");
	*out = arena_alloc(&tokens_arena, sizeof(**out));
	if (answer != NULL)
		**out = *answer;
	db.open++;
	return 0;
}

size_t
pg_rows(const struct pg_result *r)
{
	return r->rows;
}

size_t
pg_columns(const struct pg_result *r)
{
	return COUNT(r->columns);
}

const char *
pg_text(const struct pg_result *r, size_t row, size_t column)
{
	assert_true(row < r->rows && column < COUNT(r->columns));
	return r->columns[column];
}

void
pg_result_free(struct pg_result **r)
{
	db.open -= *r != NULL;
	*r = NULL;
}

static struct auth *auth;
static struct cache *cache;
static char none[] = "";
static struct conf conf = { .alexa_certificates = none };
static char hash_a[KEY_HASH_SIZE];

/* A database that knows KEY_A, and an issuer with an Ed25519 key. */
static int
setup(void **state)
{
	static struct conf_issuer issuer;
	struct err err;

	(void)state;
	memset(&db, 0, sizeof(db));
	key_hash(KEY_A, hash_a);
	db.key = (struct pg_result){ 1, { APP_A, APP_B,
	    "datasource.post unknown.scope", NULL, hash_a, "false" } };
	db.organization = (struct pg_result){ 1, { "{}" } };
	issuer = issuer_make("EdDSA");
	issuer.name = arena_strdup(&tokens_arena, "main");
	issuer.key = file_text(key_pem(key_get("Ed25519"), 0));
	conf.issuers = &issuer;
	conf.token_cache = 300;
	return auth_load(&conf, &auth, &err);
}

static int
teardown(void **state)
{
	(void)state;
	auth_free(&auth);
	cache_free(&cache);
	/* Every result was given back. */
	return db.open == 0 ? 0 : -1;
}

/* A token that is good for a minute, with more claims. */
static char *
token(const char *more)
{
	return token_make("EdDSA", key_get("Ed25519"), "{\"alg\":\"EdDSA\"}",
	    arena_printf(&tokens_arena, "{\"iss\":\"https://a.test\","
	    "\"aud\":\"creel\",\"exp\":%lld%s}", (long long)time(NULL) + 60,
	    more));
}

/* The principal of a request with these headers (name, value, ..., NULL);
 * NULL if it is refused, which err tells. */
static const struct principal *
identify(unsigned carriers, const char *const *headers, struct err *err)
{
	static struct req req;

	memset(&req, 0, sizeof(req));
	req.arena = &tokens_arena;
	req.auth = auth;
	req.conf = &conf;
	req.cache = cache;
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

static const struct principal *
identify_one(unsigned carrier, const char *name, const char *value,
    struct err *err)
{
	const char *const headers[] = { name, value, NULL };

	return identify(carrier, headers, err);
}

static void
assert_unauthorized(const struct principal *p, const struct err *err)
{
	assert_null(p);
	assert_int_equal(err->code, ERR_UNAUTHORIZED);
	assert_string_equal(err->text, "credentials are missing or not valid");
}

static void
test_keys(void **state)
{
	static const char *const wrong[] = {
		"", "ck_", "ck", KEY_A "A", " " KEY_A, KEY_A " ", KEY_A "\n",
		"CK_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"ck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"ck_AAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAA",
		"xx_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	};
	char key[KEY_SIZE], other[KEY_SIZE], hash[KEY_HASH_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++) {
		key_new(key);
		key_new(other);
		assert_true(key_is(key));
		assert_string_not_equal(key, other);
	}
	assert_int_equal(strlen(key), KEY_SIZE - 1);
	assert_true(key_is(KEY_A));
	for (i = 0; i < COUNT(wrong); i++)
		if (key_is(wrong[i]))
			fail_msg("\"%s\" is no key", wrong[i]);
	/* FIPS 180-4's example. */
	key_hash("abc", hash);
	assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

static void
test_lists(void **state)
{
	static const struct {
		const char *list;
		const char *id;
		bool expected;
	} cases[] = {
		{ "{a}", "a", true }, { "{a,b}", "a", true },
		{ "{a,b}", "b", true }, { "{a,b,c}", "b", true },
		{ "{}", "a", false }, { "{ab}", "a", false },
		{ "{ab}", "b", false }, { "{a,b}", "a,b", false },
		{ "{a,b}", ",", false }, { "{}", "", false },
		{ "{a,}", "", false }, { "{,a}", "a", true },
		{ "{a}", "A", false }, { NULL, "a", false }, { "", "a", false },
		{ "a", "a", false }, { "{", "", false }, { "{a", "a", true },
		{ "{a}b", "b", false }, { "{a},b", "b", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (auth_lists(cases[i].list, cases[i].id) !=
		    cases[i].expected)
			fail_msg("case %zu", i);
}

static void
test_credential_headers(void **state)
{
	(void)state;
	assert_true(auth_is_credential("apikey"));
	assert_true(auth_is_credential("authentication"));
	assert_true(auth_is_credential("authorization"));
	assert_false(auth_is_credential("auth"));
	assert_false(auth_is_credential("accept"));
	assert_false(auth_is_credential(""));
}

static void
test_key_principal(void **state)
{
	static const struct {
		const char *column;
		const char *hooks;
	} cases[] = {
		{ NULL, NULL }, { "{}", "{}" },
		{ "{" APP_A "}", "{" APP_A "}" },
		{ "{" APP_A "," APP_B "}", "{" APP_A "," APP_B "}" }
	};
	const struct principal *p;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		db.key.columns[3] = cases[i].column;
		p = identify_one(AUTH_API_KEY, "apikey", KEY_A, &err);
		assert_non_null(p);
		assert_string_equal(p->name, "key:" APP_B);
		assert_int_equal(p->scopes, SCOPE_DATASOURCE_POST);
		assert_string_equal(p->applications, "{" APP_A "}");
		if (cases[i].hooks == NULL)
			assert_null(p->hooks);
		else
			assert_string_equal(p->hooks, cases[i].hooks);
	}
	/* The database sees the hash, never the key. */
	assert_string_equal(db.asked, hash_a);
	assert_int_equal(db.uses, 0);
}

static void
test_key_refused(void **state)
{
	static const char *const hashes[] = {
		NULL, "",
		"00000000000000000000000000000000"
		    "00000000000000000000000000000000"
	};
	char longer[KEY_HASH_SIZE + 1];
	struct err err;
	size_t i;

	(void)state;
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_B, &err),
	    &err);
	/* A row that is not the key's. */
	for (i = 0; i < COUNT(hashes); i++) {
		db.key.columns[4] = hashes[i];
		assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A,
		    &err), &err);
	}
	strcat(strcpy(longer, hash_a), "0");
	db.key.columns[4] = longer;
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err),
	    &err);
	db.key.columns[4] = hash_a;
	db.key.rows = 0;
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err),
	    &err);
}

static void
test_key_use(void **state)
{
	struct err err;

	(void)state;
	db.key.columns[5] = "true";
	assert_non_null(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err));
	assert_int_equal(db.uses, 1);
	/* That it cannot be written down is not the caller's problem. */
	db.use_failure = ERR_UNAVAILABLE;
	assert_non_null(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err));
	assert_int_equal(db.uses, 2);
	assert_int_equal(err.code, ERR_NONE);
	/* Who is refused has not used it. */
	db.key.columns[4] = NULL;
	assert_null(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err));
	assert_int_equal(db.uses, 2);
}

static void
test_token_principal(void **state)
{
	const struct principal *p;
	struct err err;

	(void)state;
	p = identify_one(AUTH_AUTHENTICATION, "authentication",
	    token(",\"sub\":\"alice\",\"scope\":\"event.get nonsense\","
	    "\"applications\":[\"" APP_A "\"]"), &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:alice");
	assert_int_equal(p->scopes, SCOPE_EVENT_GET);
	assert_string_equal(p->applications, "{" APP_A "}");
	assert_null(p->hooks);
	p = identify_one(AUTH_AUTHENTICATION, "authentication", token(""),
	    &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:");
	assert_int_equal(p->scopes, 0);
	assert_string_equal(p->applications, "{}");
	assert_int_equal(db.finds + db.organizations, 0);
}

static void
test_organization(void **state)
{
	static const struct {
		const char *claim;
		const char *row;	/* NULL: SQL's NULL */
		const char *united;
	} cases[] = {
		{ "[]", "{}", "{}" },
		{ "[\"" APP_A "\"]", "{}", "{" APP_A "}" },
		{ "[\"" APP_A "\"]", NULL, "{" APP_A "}" },
		{ "[]", "{" APP_B "}", "{" APP_B "}" },
		{ "[\"" APP_A "\"]", "{" APP_B "," APP_C "}",
		    "{" APP_A "," APP_B "," APP_C "}" }
	};
	const struct principal *p;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		db.organization.columns[0] = cases[i].row;
		p = identify_one(AUTH_BEARER, "authorization",
		    arena_printf(&tokens_arena, "Bearer %s",
		    token(arena_printf(&tokens_arena, ",\"applications\":%s,"
		    "\"organization\":\"" APP_C "\"", cases[i].claim))), &err);
		assert_non_null(p);
		assert_string_equal(p->applications, cases[i].united);
	}
	assert_int_equal(db.organizations, COUNT(cases));
	db.failure = ERR_UNCERTAIN;
	assert_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    token(",\"organization\":\"" APP_C "\""), &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	/* Nobody is asked about the organization of a forged token. */
	i = (size_t)db.organizations;
	assert_unauthorized(identify_one(AUTH_AUTHENTICATION,
	    "authentication", arena_printf(&tokens_arena, "%sA",
	    token(",\"organization\":\"" APP_C "\"")), &err), &err);
	assert_int_equal(db.organizations, i);
}

/* What may stand before a credential, and which of the two kinds is good. */
static void
test_carriers(void **state)
{
	static const struct {
		unsigned carrier;
		const char *header;
		const char *before;
		bool key, token;
	} cases[] = {
		{ AUTH_API_KEY, "apikey", "", true, false },
		{ AUTH_API_KEY, "apikey", "Bearer ", false, false },
		{ AUTH_API_KEY, "authentication", "", false, false },
		{ AUTH_API_KEY, "authorization", "Bearer ", false, false },
		{ AUTH_AUTHENTICATION, "authentication", "", true, true },
		{ AUTH_AUTHENTICATION, "authentication", "Bearer ", true,
		    true },
		{ AUTH_AUTHENTICATION, "authentication", "bEARER ", true,
		    true },
		{ AUTH_AUTHENTICATION, "authentication", "Basic ", false,
		    false },
		{ AUTH_AUTHENTICATION, "authentication", "Bearer", false,
		    false },
		{ AUTH_AUTHENTICATION, "authentication", "Bearer Bearer ",
		    false, false },
		{ AUTH_AUTHENTICATION, "apikey", "", false, false },
		{ AUTH_AUTHENTICATION, "authorization", "Bearer ", false,
		    false },
		{ AUTH_BEARER, "authorization", "Bearer ", true, true },
		{ AUTH_BEARER, "authorization", "BEARER ", true, true },
		{ AUTH_BEARER, "authorization", "bearer   ", true, true },
		{ AUTH_BEARER, "authorization", "", false, false },
		{ AUTH_BEARER, "authorization", "Bearer", false, false },
		{ AUTH_BEARER, "authorization", "Bearer\t", false, false },
		{ AUTH_BEARER, "authorization", " Bearer ", false, false },
		{ AUTH_BEARER, "authorization", "Basic ", false, false },
		{ AUTH_BEARER, "authorization", "Bearer , ", false, false },
		{ AUTH_BEARER, "authentication", "", false, false },
		{ AUTH_NONE, "apikey", "", false, false },
		{ AUTH_API_KEY | AUTH_BEARER, "authentication", "", false,
		    false }
	};
	char *jwt = token("");
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if ((identify_one(cases[i].carrier, cases[i].header,
		    arena_printf(&tokens_arena, "%s%s", cases[i].before,
		    KEY_A), &err) != NULL) != cases[i].key)
			fail_msg("case %zu, key", i);
		if ((identify_one(cases[i].carrier, cases[i].header,
		    arena_printf(&tokens_arena, "%s%s", cases[i].before,
		    jwt), &err) != NULL) != cases[i].token)
			fail_msg("case %zu, token", i);
		if (!cases[i].token)
			assert_unauthorized(NULL, &err);
	}
	assert_unauthorized(identify_one(AUTH_BEARER, "authorization", "",
	    &err), &err);
	assert_unauthorized(identify_one(AUTH_BEARER, "authorization",
	    "Bearer ", &err), &err);
	assert_unauthorized(identify_one(AUTH_BEARER, "host", "a", &err),
	    &err);
}

#define ALL (AUTH_API_KEY | AUTH_AUTHENTICATION | AUTH_BEARER)

/* The first good one wins, in the order of the carriers. */
static void
test_order(void **state)
{
	char *jwt = token(",\"sub\":\"alice\"");
	const char *both[] = { "authentication", jwt, "apikey", KEY_A, NULL };
	const char *first_bad[] = { "authentication", jwt, "apikey", KEY_B,
	    NULL };
	const char *second_bad[] = { "authentication", "junk", "apikey",
	    KEY_A, NULL };
	const char *none_good[] = { "authentication", "junk", "apikey",
	    KEY_B, "authorization", "Basic eDp5", NULL };
	const struct principal *p;
	struct err err;

	(void)state;
	p = identify(ALL, both, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "key:" APP_B);
	p = identify(ALL, first_bad, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:alice");
	p = identify(ALL, second_bad, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "key:" APP_B);
	assert_unauthorized(identify(ALL, none_good, &err), &err);
}

static void
test_sent_twice(void **state)
{
	char *jwt = token("");
	const char *keys[] = { "apikey", KEY_A, "apikey", KEY_A, NULL };
	const char *mixed[] = { "apikey", KEY_A, "authorization", "Bearer a",
	    "authorization", "Bearer b", NULL };
	const char *other[] = { "apikey", KEY_A, "x-other", "1", "x-other",
	    "2", NULL };
	const char *joined[] = { "apikey", KEY_A ", " KEY_A, NULL };
	const char *tokens[] = { "authentication", jwt, "authentication", jwt,
	    NULL };
	struct err err;

	(void)state;
	assert_unauthorized(identify(ALL, keys, &err), &err);
	assert_unauthorized(identify(ALL, mixed, &err), &err);
	assert_unauthorized(identify(ALL, tokens, &err), &err);
	assert_unauthorized(identify(ALL, joined, &err), &err);
	assert_int_equal(db.finds, 0);
	/* Headers that are no carriers of the route may come as they like. */
	assert_non_null(identify(AUTH_API_KEY, mixed, &err));
	assert_non_null(identify(ALL, other, &err));
}

/* Without the database nobody is told that the key is wrong. */
static void
test_unavailable(void **state)
{
	static const enum err_code failures[] = {
		ERR_UNAVAILABLE, ERR_UNCERTAIN, ERR_INTERNAL, ERR_BAD_REQUEST
	};
	const char *both[] = { "apikey", KEY_A, "authentication", token(""),
	    NULL };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(failures); i++) {
		db.failure = failures[i];
		assert_null(identify(ALL, both, &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_string_equal(err.text, "no connection");
	}
	/* Who needs no database is served. */
	assert_non_null(identify(AUTH_AUTHENTICATION, both, &err));
}

static void
test_load(void **state)
{
	struct conf_issuer issuer = issuer_make("ES256");
	struct conf with = { .issuers = &issuer, .alexa_certificates = none };
	struct auth *other = NULL;
	struct err err;

	(void)state;
	issuer.key = file_text(key_pem(key_get("P-384"), 0));
	assert_int_equal(auth_load(&with, &other, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(other);
	with.issuers = NULL;
	assert_int_equal(auth_load(&with, &other, &err), 0);
	auth_free(&other);
	assert_null(other);
	auth_free(&other);
}

static int64_t clock_ms = 1000;

static int64_t
clock_get(void)
{
	return clock_ms;
}

static void
cache_begin(void)
{
	const struct cache_options options = { .entries = 100, .ttl = 1000,
	    .rate = 1000, .clock = clock_get };

	cache_free(&cache);
	cache = cache_new(&options);
}

/* A kept row is as good as a new one, but written down is only a new one's
 * use, and it does not outlive the key. */
static void
test_kept_key(void **state)
{
	const struct principal *p;
	struct err err;
	int i;

	(void)state;
	cache_begin();
	db.key.columns[3] = "{" APP_B "}";
	db.key.columns[5] = "true";
	db.key.columns[6] = arena_printf(&tokens_arena, "%lld",
	    (long long)time(NULL) + 60);
	for (i = 0; i < 3; i++) {
		p = identify_one(AUTH_API_KEY, "apikey", KEY_A, &err);
		assert_non_null(p);
		assert_string_equal(p->name, "key:" APP_B);
		assert_int_equal(p->scopes, SCOPE_DATASOURCE_POST);
		assert_string_equal(p->applications, "{" APP_A "}");
		assert_string_equal(p->hooks, "{" APP_B "}");
		assert_int_equal(db.finds, 1);
		assert_int_equal(db.uses, 1);
	}
	for (i = 0; i < 3; i++)
		assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_B,
		    &err), &err);
	assert_int_equal(db.finds, 2);
	cache_begin();
	db.key.columns[6] = arena_printf(&tokens_arena, "%lld",
	    (long long)time(NULL));
	assert_unauthorized(identify_one(AUTH_API_KEY, "apikey", KEY_A, &err),
	    &err);
	assert_int_equal(db.uses, 1);
}

static bool
is_kept(const char *text)
{
	char hash[KEY_HASH_SIZE];
	struct cache_row row;

	key_hash(text, hash);
	return cache_get(cache, "token", hash, &tokens_arena, &row);
}

/* Puts what is not in the token where the cache would have what is. */
static void
plant(const char *text, const char *name, int64_t expires)
{
	const struct cache_row row = { .n = 5, .columns = { name,
	    "datasource.post", "{" APP_B "}", NULL,
	    arena_printf(&tokens_arena, "%lld", (long long)expires) } };
	char hash[KEY_HASH_SIZE];

	key_hash(text, hash);
	cache_put(cache, "token", hash, &row, 1000);
}

static void
test_kept_token(void **state)
{
	const char *good = token(",\"sub\":\"a\",\"organization\":\"" APP_C
	    "\",\"scope\":\"datasource.post\"");
	const struct principal *p;
	struct err err;
	int i;

	(void)state;
	cache_begin();
	db.organization.columns[0] = "{" APP_A "," APP_B "}";
	for (i = 0; i < 3; i++) {
		p = identify_one(AUTH_BEARER, "authorization",
		    arena_printf(&tokens_arena, "Bearer %s", good), &err);
		assert_non_null(p);
		assert_string_equal(p->name, "jwt:main:a");
		assert_int_equal(p->scopes, SCOPE_DATASOURCE_POST);
		assert_string_equal(p->applications, "{" APP_A "," APP_B "}");
		assert_null(p->hooks);
		assert_int_equal(db.organizations, 1);
		assert_true(is_kept(good));
	}
	/* It is what is kept that counts, until it has expired. */
	plant(good, "planted", time(NULL) + 60);
	p = identify_one(AUTH_AUTHENTICATION, "authentication", good, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "planted");
	assert_string_equal(p->applications, "{" APP_B "}");
	plant(good, "planted", time(NULL));
	p = identify_one(AUTH_AUTHENTICATION, "authentication", good, &err);
	assert_non_null(p);
	assert_string_equal(p->name, "jwt:main:a");
}

/* Neither a bad token nor one that lives only by the leeway is kept, nor any
 * for longer than it shall be. */
static void
test_token_not_kept(void **state)
{
	char *good = token(""), *bad = arena_strdup(&tokens_arena, good);
	char *late = token_make("EdDSA", key_get("Ed25519"),
	    "{\"alg\":\"EdDSA\"}", arena_printf(&tokens_arena,
	    "{\"iss\":\"https://a.test\",\"aud\":\"creel\",\"exp\":%lld}",
	    (long long)time(NULL) - 5));
	struct err err;

	(void)state;
	cache_begin();
	conf.issuers->leeway = 30;
	assert_non_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    late, &err));
	assert_false(is_kept(late));
	bad[strlen(bad) - 10] ^= 1;
	assert_unauthorized(identify_one(AUTH_AUTHENTICATION, "authentication",
	    bad, &err), &err);
	assert_false(is_kept(bad));
	conf.token_cache = 10;
	assert_non_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    good, &err));
	clock_ms += 9999;
	assert_true(is_kept(good));
	clock_ms += 1;
	assert_false(is_kept(good));
	conf.token_cache = 0;
	assert_non_null(identify_one(AUTH_AUTHENTICATION, "authentication",
	    good, &err));
	assert_false(is_kept(good));
}

static int
release(void **state)
{
	(void)state;
	tokens_release();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys),
		TEST(test_lists),
		TEST(test_credential_headers),
		TEST(test_key_principal),
		TEST(test_key_refused),
		TEST(test_key_use),
		TEST(test_token_principal),
		TEST(test_organization),
		TEST(test_carriers),
		TEST(test_order),
		TEST(test_sent_twice),
		TEST(test_unavailable),
		TEST(test_load),
		TEST(test_kept_key),
		TEST(test_kept_token),
		TEST(test_token_not_kept)
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
