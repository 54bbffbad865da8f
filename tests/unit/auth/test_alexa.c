/* SPDX-License-Identifier: ISC */
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

/* Instead of that of base/clock.c. */
static atomic_llong now_ms;

int64_t
clock_ms(void)
{
	return now_ms;
}

/* -- certificates: a root, and one of its own for Alexa */

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

/* -- a source that the tests command */

struct fake {
	const char *pem;	/* NULL: err */
	enum err_code err;
	atomic_int asked;
	char path[ALEXA_PATH_SIZE];	/* that was asked for last */
	struct alexa_keys *keys;	/* asked for another one meanwhile */
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
	fake.asked++;
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
refused(struct alexa_keys *keys, const char *path, enum err_code code,
    int asked)
{
	struct err err = { ERR_NONE, "" };

	assert_int_equal(find(keys, path, NOW, &err), -1);
	assert_int_equal(err.code, code);
	assert_int_equal(fake.asked, asked);
}

static void
taken(struct alexa_keys *keys, const char *path, int64_t now, int asked)
{
	struct err err = { ERR_NONE, "" };

	if (find(keys, path, now, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(fake.asked, asked);
}

/* -- tests */

static void
test_kept(void **state)
{
	struct alexa_keys *keys = fetching("");

	(void)state;
	fake.keys = keys;
	taken(keys, FOLDER "a.pem", NOW, 1);
	assert_string_equal(fake.path, FOLDER "a.pem");
	fake.pem = NULL;
	taken(keys, FOLDER "a.pem", NOW, 1);
	now_ms += ALEXA_FRESH_S * 1000 - 1;
	taken(keys, FOLDER "a.pem", NOW + DAY - 1, 1);
	/* It is not fresh, but the network is away: it will do. */
	now_ms += 1;
	fake.err = ERR_UNAVAILABLE;
	taken(keys, FOLDER "a.pem", NOW, 2);
	taken(keys, FOLDER "a.pem", NOW, 2);
	now_ms += ALEXA_AWAY_MS;
	taken(keys, FOLDER "a.pem", NOW, 3);
	fake.pem = good;
	now_ms += ALEXA_AWAY_MS;
	taken(keys, FOLDER "a.pem", NOW, 4);
	taken(keys, FOLDER "a.pem", NOW, 4);
	/* It is gone: so it is here. */
	now_ms += ALEXA_FRESH_S * 1000;
	fake.pem = NULL;
	fake.err = ERR_NOT_FOUND;
	refused(keys, FOLDER "a.pem", ERR_BAD_REQUEST, 5);
	now_ms += ALEXA_VAIN_MS;
	fake.err = ERR_UNAVAILABLE;
	refused(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 6);
	alexa_keys_free(&keys);
	assert_null(keys);
	alexa_keys_free(&keys);
}

/* The first of the chain to expire decides, the root among them. */
static void
test_expiry(void **state)
{
	struct alexa_keys *keys = fetching("");
	struct err err;

	(void)state;
	taken(keys, FOLDER "a.pem", NOW, 1);
	fake.pem = NULL;
	fake.err = ERR_UNAVAILABLE;
	assert_int_equal(find(keys, FOLDER "a.pem", NOW + DAY, &err), -1);
	fake.pem = leaf(NOW + 1000 * DAY);
	now_ms += ALEXA_AWAY_MS;
	taken(keys, FOLDER "a.pem", NOW + DAY, 3);
	taken(keys, FOLDER "a.pem", NOW + 100 * DAY - 1, 3);
	assert_int_equal(find(keys, FOLDER "a.pem", NOW + 100 * DAY, &err),
	    -1);
	assert_non_null(strstr(err.text, "certificate has expired"));
	alexa_keys_free(&keys);
}

/* No more are kept than there is room for: what was used last stays. */
static void
test_room(void **state)
{
	struct alexa_keys *keys = fetching("");
	char path[ALEXA_PATH_SIZE];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), FOLDER "%02d.pem", i);
		taken(keys, path, NOW, i + 1);
		taken(keys, FOLDER "00.pem", NOW, i + 1);
	}
	for (i = 0; i < ALEXA_KEPT - 1; i++) {
		snprintf(path, sizeof(path), FOLDER "%02d.pem", 99 - i);
		taken(keys, path, NOW, 100);
	}
	snprintf(path, sizeof(path), FOLDER "%02d.pem", 99 - i);
	taken(keys, path, NOW, 101);
	alexa_keys_free(&keys);
}

/* What was asked for in vain is remembered, and bounds what is begun. */
static void
test_vain(void **state)
{
	struct alexa_keys *keys = fetching("");
	char path[] = FOLDER "0.pem";
	int i;

	(void)state;
	taken(keys, FOLDER "a.pem", NOW, 1);
	fake.pem = NULL;
	for (i = 0; i < ALEXA_VAIN; i++) {
		path[sizeof(FOLDER) - 1] = (char)('0' + i);
		refused(keys, path, ERR_BAD_REQUEST, i + 2);
		refused(keys, path, ERR_BAD_REQUEST, i + 2);
		now_ms++;
	}
	fake.pem = good;
	refused(keys, FOLDER "b.pem", ERR_UNAVAILABLE, ALEXA_VAIN + 1);
	refused(keys, FOLDER "0.pem", ERR_BAD_REQUEST, ALEXA_VAIN + 1);
	taken(keys, FOLDER "a.pem", NOW, ALEXA_VAIN + 1);
	now_ms += ALEXA_VAIN_MS - ALEXA_VAIN;
	taken(keys, FOLDER "b.pem", NOW, ALEXA_VAIN + 2);
	taken(keys, FOLDER "0.pem", NOW, ALEXA_VAIN + 3);
	refused(keys, FOLDER "1.pem", ERR_BAD_REQUEST, ALEXA_VAIN + 3);
	alexa_keys_free(&keys);
}

/* A network that is away is let be for a while, whatever is asked for. */
static void
test_away(void **state)
{
	struct alexa_keys *keys = fetching("");

	(void)state;
	fake.pem = NULL;
	fake.err = ERR_UNAVAILABLE;
	refused(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 1);
	fake.pem = good;
	refused(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 1);
	refused(keys, FOLDER "b.pem", ERR_UNAVAILABLE, 1);
	now_ms += ALEXA_AWAY_MS - 1;
	refused(keys, FOLDER "a.pem", ERR_UNAVAILABLE, 1);
	now_ms += 1;
	taken(keys, FOLDER "a.pem", NOW, 2);
	fake.pem = "no PEM";
	refused(keys, FOLDER "b.pem", ERR_BAD_REQUEST, 3);
	refused(keys, FOLDER "b.pem", ERR_BAD_REQUEST, 3);
	alexa_keys_free(&keys);
}

/* A file comes first, and is read anew after a while. */
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
	taken(keys, FOLDER "b.pem", NOW, 1);
	assert_non_null(f = fopen(path, "w"));
	fputs(good, f);
	fclose(f);
	taken(keys, FOLDER "x/a.pem", NOW, 1);
	assert_int_equal(truncate(path, 10), 0);
	taken(keys, FOLDER "x/a.pem", NOW, 1);
	refused(keys, FOLDER "a.pem", ERR_BAD_REQUEST, 1);
	now_ms += ALEXA_FRESH_S * 1000;
	refused(keys, FOLDER "x/a.pem", ERR_BAD_REQUEST, 1);
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

/* For a sanitizer to watch: chains that go and come while they are used. */
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
	assert_true(fake.asked > 0);
	alexa_keys_free(&keys);
}

static void
test_url(void **state)
{
	static const struct {
		const char *url;
		const char *path;	/* NULL: refused */
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
	/* As long as it may be, and no longer. */
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
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_vain),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_url)
	};

	return cmocka_run_group_tests(tests, setup, tokens_release);
}
