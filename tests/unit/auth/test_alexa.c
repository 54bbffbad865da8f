/* SPDX-License-Identifier: ISC */
/* Tests Alexa's certificates: their cache, expiry, file directory and URLs. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "auth/alexa.h"
#include "auth/alexa_chain.h"
#include "base/clock.h"
#include "base/mem.h"
#include "tokens.h"

#define NOW INT64_C(2000000000)
#define DAY 86400
#define FOLDER "/echo.api/"

/* Replaces the clock of base/clock.c. */
static atomic_llong now_ms;

int64_t
clock_ms(void)
{
	return now_ms;
}

/* -- certificates: a root, and one that it signs for Alexa */

static char *root_file;
static char *good;

static char *
certificate(const char *name, EVP_PKEY *key, EVP_PKEY *signer, int64_t until,
    const char *extension)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	X509_NAME *issuer = X509_get_issuer_name(x);
	BIO *bio = BIO_new(BIO_s_mem());
	X509_EXTENSION *e;
	char *data, *out;
	long len;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC,
	    (const unsigned char *)"root", -1, -1, 0);
	ASN1_TIME_set(X509_getm_notBefore(x), NOW - DAY);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until);
	X509_set_pubkey(x, key);
	e = X509V3_EXT_conf_nid(NULL, NULL, extension[0] == 'D' ?
	    NID_subject_alt_name : NID_basic_constraints, extension);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	PEM_write_bio_X509(bio, x);
	len = BIO_get_mem_data(bio, &data);
	out = arena_copy(&tokens_arena, data, (size_t)len);
	BIO_free(bio);
	X509_EXTENSION_free(e);
	X509_free(x);
	return out;
}

static char *
leaf(int64_t until)
{
	return certificate("leaf", key_get("RSA/2"), key_get("RSA"), until,
	    "DNS:echo-api.amazon.com");
}

static int
setup(void **state)
{
	(void)state;
	root_file = file_text(certificate("root", key_get("RSA"),
	    key_get("RSA"), NOW + 100 * DAY, "CA:TRUE"));
	good = leaf(NOW + DAY);
	return 0;
}

/* -- a source of certificates that the tests control */

struct fake {
	const char *pem;	/* NULL: err */
	enum err_code err;
	atomic_int requests;
	char path[ALEXA_PATH_SIZE];	/* of the last request */
	struct alexa_keys *keys;	/* which a fetch looks up in, too */
};

static struct fake fake;

static int
find(struct alexa_keys *keys, const char *path, int64_t now, struct err *err)
{
	EVP_PKEY *key = NULL;

	if (alexa_keys_find(keys, path, now, &key, err) < 0) {
		assert_null(key);
		return -1;
	}
	assert_int_equal(EVP_PKEY_eq(key, key_get("RSA/2")), 1);
	EVP_PKEY_free(key);
	return 0;
}

static int
fake_fetch(const void *ctx, const char *path, struct buf *out, struct err *err)
{
	struct err other;

	assert_ptr_equal(ctx, &fake);
	fake.requests++;
	snprintf(fake.path, sizeof(fake.path), "%s", path);
	if (fake.keys != NULL) {
		assert_int_equal(find(fake.keys, FOLDER "other.pem", NOW,
		    &other), -1);
		assert_int_equal(other.code, ERR_UNAVAILABLE);
	}
	if (fake.pem == NULL)
		return err_set(err, fake.err, "no");
	buf_addstr(out, fake.pem);
	return 0;
}

static struct alexa_keys *
fetching(const char *directory)
{
	const struct alexa_source source = { directory, root_file, fake_fetch,
	    &fake };
	struct alexa_keys *keys;
	struct err err;

	fake = (struct fake){ .pem = good, .err = ERR_NOT_FOUND };
	now_ms = 1;
	assert_int_equal(alexa_keys_open(&source, &keys, &err), 0);
	return keys;
}

static void
rejected(struct alexa_keys *keys, const char *path, enum err_code code,
    int requests)
{
	struct err err = { ERR_NONE, "" };

	assert_int_equal(find(keys, path, NOW, &err), -1);
	assert_int_equal(err.code, code);
	assert_int_equal(fake.requests, requests);
}

static void
accepted(struct alexa_keys *keys, const char *path, int64_t now, int requests)
{
	struct err err = { ERR_NONE, "" };

	if (find(keys, path, now, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(fake.requests, requests);
}

/* -- tests */

static void
test_cached(void **state)
{
	struct alexa_keys *keys = fetching("");

	(void)state;
	fake.keys = keys;
	accepted(keys, FOLDER "a.pem", NOW, 1);
	assert_string_equal(fake.path, FOLDER "a.pem");
	fake.pem = NULL;
	accepted(keys, FOLDER "a.pem", NOW, 1);
	now_ms += ALEXA_FRESH_S * 1000 - 1;
	accepted(keys, FOLDER "a.pem", NOW + DAY - 1, 1);
	/* A stale chain is used while the network is down. */
	now_ms += 1;
	fake.err = ERR_UNAVAILABLE;
	accepted(keys, FOLDER "a.pem", NOW, 2);
	accepted(keys, FOLDER "a.pem", NOW, 2);
	now_ms += ALEXA_AWAY_MS;
	accepted(keys, FOLDER "a.pem", NOW, 3);
	fake.pem = good;
	now_ms += ALEXA_AWAY_MS;
	accepted(keys, FOLDER "a.pem", NOW, 4);
	accepted(keys, FOLDER "a.pem", NOW, 4);
	/* A certificate that is deleted there is deleted here. */
	now_ms += ALEXA_FRESH_S * 1000;
	fake.pem = NULL;
	fake.err = ERR_NOT_FOUND;
	rejected(keys, FOLDER "a.pem", ERR_BAD_REQUEST, 5);
	now_ms += ALEXA_VAIN_MS;
	fake.err = ERR_UNAVAILABLE;
	rejected(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 6);
	alexa_keys_free(&keys);
	assert_null(keys);
	alexa_keys_free(&keys);
}

/* The chain expires when the first of its certificates does, the root
 * included. */
static void
test_expiry(void **state)
{
	struct alexa_keys *keys = fetching("");
	struct err err;

	(void)state;
	accepted(keys, FOLDER "a.pem", NOW, 1);
	fake.pem = NULL;
	fake.err = ERR_UNAVAILABLE;
	assert_int_equal(find(keys, FOLDER "a.pem", NOW + DAY, &err), -1);
	fake.pem = leaf(NOW + 1000 * DAY);
	now_ms += ALEXA_AWAY_MS;
	accepted(keys, FOLDER "a.pem", NOW + DAY, 3);
	accepted(keys, FOLDER "a.pem", NOW + 100 * DAY - 1, 3);
	assert_int_equal(find(keys, FOLDER "a.pem", NOW + 100 * DAY, &err),
	    -1);
	assert_non_null(strstr(err.text, "certificate has expired"));
	alexa_keys_free(&keys);
}

/* The cache keeps the chains that were used last. */
static void
test_capacity(void **state)
{
	struct alexa_keys *keys = fetching("");
	char path[ALEXA_PATH_SIZE];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), FOLDER "%02d.pem", i);
		accepted(keys, path, NOW, i + 1);
		accepted(keys, FOLDER "00.pem", NOW, i + 1);
	}
	for (i = 0; i < ALEXA_KEPT - 1; i++) {
		snprintf(path, sizeof(path), FOLDER "%02d.pem", 99 - i);
		accepted(keys, path, NOW, 100);
	}
	snprintf(path, sizeof(path), FOLDER "%02d.pem", 99 - i);
	accepted(keys, path, NOW, 101);
	alexa_keys_free(&keys);
}

/* Failures are remembered, and so many failures stop new requests. */
static void
test_failures(void **state)
{
	struct alexa_keys *keys = fetching("");
	char path[] = FOLDER "0.pem";
	int i;

	(void)state;
	accepted(keys, FOLDER "a.pem", NOW, 1);
	fake.pem = NULL;
	for (i = 0; i < ALEXA_VAIN; i++) {
		path[sizeof(FOLDER) - 1] = (char)('0' + i);
		rejected(keys, path, ERR_BAD_REQUEST, i + 2);
		rejected(keys, path, ERR_BAD_REQUEST, i + 2);
		now_ms++;
	}
	fake.pem = good;
	rejected(keys, FOLDER "b.pem", ERR_UNAVAILABLE, ALEXA_VAIN + 1);
	rejected(keys, FOLDER "0.pem", ERR_BAD_REQUEST, ALEXA_VAIN + 1);
	accepted(keys, FOLDER "a.pem", NOW, ALEXA_VAIN + 1);
	now_ms += ALEXA_VAIN_MS - ALEXA_VAIN;
	accepted(keys, FOLDER "b.pem", NOW, ALEXA_VAIN + 2);
	accepted(keys, FOLDER "0.pem", NOW, ALEXA_VAIN + 3);
	rejected(keys, FOLDER "1.pem", ERR_BAD_REQUEST, ALEXA_VAIN + 3);
	alexa_keys_free(&keys);
}

/* After a network failure nothing is requested for a while, for any URL. */
static void
test_network_down(void **state)
{
	struct alexa_keys *keys = fetching("");

	(void)state;
	fake.pem = NULL;
	fake.err = ERR_UNAVAILABLE;
	rejected(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 1);
	fake.pem = good;
	rejected(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 1);
	rejected(keys, FOLDER "b.pem", ERR_UNAVAILABLE, 1);
	now_ms += ALEXA_AWAY_MS - 1;
	rejected(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 1);
	now_ms += 1;
	accepted(keys, FOLDER "a.pem", NOW, 2);
	fake.pem = "no PEM";
	rejected(keys, FOLDER "b.pem", ERR_BAD_REQUEST, 3);
	rejected(keys, FOLDER "b.pem", ERR_BAD_REQUEST, 3);
	alexa_keys_free(&keys);
}

/* A file takes precedence, and is read again when it is not fresh. */
static void
test_directory(void **state)
{
	char directory[] = "/tmp/test_alexa.XXXXXX", *path;
	struct alexa_keys *keys;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(directory));
	path = arena_printf(&tokens_arena, "%s/a.pem", directory);
	keys = fetching(directory);
	accepted(keys, FOLDER "b.pem", NOW, 1);
	assert_non_null(f = fopen(path, "w"));
	fputs(good, f);
	fclose(f);
	accepted(keys, FOLDER "x/a.pem", NOW, 1);
	assert_int_equal(truncate(path, 10), 0);
	accepted(keys, FOLDER "x/a.pem", NOW, 1);
	rejected(keys, FOLDER "a.pem", ERR_BAD_REQUEST, 1);
	now_ms += ALEXA_FRESH_S * 1000;
	rejected(keys, FOLDER "x/a.pem", ERR_BAD_REQUEST, 1);
	unlink(path);
	rmdir(directory);
	alexa_keys_free(&keys);
}

static void *
ask(void *ctx)
{
	static atomic_int n;
	char path[] = FOLDER "0.pem";
	struct err err;
	int i;

	path[sizeof(FOLDER) - 1] = (char)('0' + n++);
	for (i = 0; i < 2000; i++) {
		if (i % 100 == 0)
			now_ms += ALEXA_FRESH_S * 1000;
		if (find(ctx, i % 3 == 0 ? path : FOLDER "a.pem", NOW,
		    &err) < 0)
			assert_int_equal(err.code, ERR_UNAVAILABLE);
	}
	return NULL;
}

/* Chains are added and removed while threads use them, for a sanitizer. */
static void
test_threads(void **state)
{
	struct alexa_keys *keys = fetching("");
	pthread_t threads[ALEXA_KEPT + 2];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(threads); i++)
		pthread_create(&threads[i], NULL, ask, keys);
	for (i = 0; i < LENGTH(threads); i++)
		pthread_join(threads[i], NULL);
	assert_true(fake.requests > 0);
	alexa_keys_free(&keys);
}

static void
test_url(void **state)
{
	static const struct {
		const char *url;
		const char *path;	/* NULL: rejected */
	} cases[] = {
		{ "https://s3.amazonaws.com/echo.api/a.pem", FOLDER "a.pem" },
		{ "hTTps://S3.amazonAWS.com:443/echo.api/a", FOLDER "a" },
		{ "https://s3.amazonaws.com/echo.api/../echo.api/./b/../a",
		    FOLDER "a" },
		{ "https://s3.amazonaws.com/x/../../echo.api/b/a",
		    FOLDER "b/a" },
		{ "https://s3.amazonaws.com/echo.api/", NULL },
		{ "https://s3.amazonaws.com/echo.api/a/..", NULL },
		{ "https://s3.amazonaws.com/echo.api/a/.", NULL },
		{ "https://s3.amazonaws.com:444/echo.api/a", NULL },
		{ "https://s3.amazonaws.com/echo.api/a?b", NULL },
		{ "https://s3.amazonaws.com/Echo.api/a", NULL },
		{ "https://s3.amazonaws.com", NULL },
		{ "", NULL }
	};
	char path[ALEXA_PATH_SIZE], url[1024];
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		if (alexa_url_path(cases[i].url, path) !=
		    (cases[i].path != NULL))
			fail_msg("%s", cases[i].url);
		if (cases[i].path != NULL)
			assert_string_equal(path, cases[i].path);
	}
	/* The longest path is accepted, a longer one is not. */
	strcpy(url, "https://s3.amazonaws.com" FOLDER);
	n = strlen(url);
	for (i = 0; i < 600; i++) {
		url[n + i] = 'a';
		url[n + i + 1] = '\0';
		assert_int_equal(alexa_url_path(url, path),
		    strlen(FOLDER) + i + 1 < ALEXA_PATH_SIZE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cached),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_network_down),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_url)
	};

	return cmocka_run_group_tests(tests, setup, tokens_release);
}
